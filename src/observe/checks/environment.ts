import { numberOf } from "../../host/properties.ts";
import { parseEnvFile } from "../../spec/env-file.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** The file can be read under systemd's rules, and the running process has every required name. Values are never looked at. */
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
  const names = new Set(environ.split("\0").map((entry) => entry.split("=", 1)[0]));
  const missing = service.requiredEnv.filter((name) => !names.has(name));
  if (missing.length > 0)
    return check(
      input,
      "environment",
      promise,
      "failed",
      `the running process lacks ${missing.join(", ")}`,
      "holdfast restart",
    );
  return check(input, "environment", promise, "ok", "present in the running process");
}
