import { numberOf } from "../../host/properties.ts";
import { readOutdatedOf } from "../../plan/outdated.ts";
import { parseEnvFile } from "../../spec/env-file.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** The file can be read under systemd's rules, and the running process has every required name, with the value of the file. */
export async function checkEnvironment(input: CheckInput): Promise<Check | null> {
  const { host, service } = input;
  if (service.envFiles.length === 0 && service.requiredEnv.length === 0) return null;
  const promise = `has ${service.requiredEnv.length > 0 ? service.requiredEnv.join(", ") : "its variables"}${service.envFiles.length > 0 ? ` from ${service.envFiles.join(", ")}` : ""}`;
  for (const file of service.envFiles) {
    const text = await host.files.read(file);
    if (text === null)
      return check(
        input,
        "environment",
        promise,
        "failed",
        `${file} does not exist: the next start will fail`,
        `put ${file} back`,
      );
    const errors = parseEnvFile(text, file).diagnostics.filter((d) => d.severity === "error");
    if (errors.length > 0)
      return check(
        input,
        "environment",
        promise,
        "failed",
        `${file}:${errors[0]!.at?.line}: ${errors[0]!.summary}`,
        errors[0]!.fix ?? null,
      );
  }
  const pid = numberOf(input.properties, "MainPID");
  if (pid === 0)
    return check(input, "environment", promise, "unknown", "it is not running", "holdfast start");
  const environ = await host.files.read(`/proc/${pid}/environ`).catch(() => null);
  if (environ === null)
    return check(
      input,
      "environment",
      promise,
      "unknown",
      "the environment of the process cannot be read by this account",
      "sudo holdfast doctor",
    );
  const has = new Map(environ.split("\0").map((entry) => entry.split(/=(.*)/s, 2) as [string, string]));
  // An empty value is as good as none to a program that requires it.
  const missing = service.requiredEnv.filter((name) => !has.get(name));
  if (missing.length > 0)
    return check(
      input,
      "environment",
      promise,
      "failed",
      `the running process lacks ${missing.join(", ")}`,
      "holdfast restart",
    );
  const { variables } = await readOutdatedOf(host, service);
  if (variables.length > 0)
    return check(
      input,
      "environment",
      promise,
      "warning",
      `the process was started with other values of ${variables.join(", ")} than ${service.envFiles.join(", ")} has now`,
      "holdfast apply",
    );
  return check(input, "environment", promise, "ok", "present in the running process");
}
