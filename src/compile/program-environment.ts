import { dirname } from "node:path";
import { keepsDefaults, runtimeOf } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import { resolvePath } from "./spec-paths.ts";
import { encryptedCredentialPath, envFiles, programPath } from "./program-files.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
import { quoteCredential, quoteEnvironment, quoteEnvironmentFile } from "./quote.ts";
import type { Target } from "./target.ts";
import type { UnitBuilder } from "./unit-builder.ts";

/** Variables, from the spec and from files. */
export function addEnvironment(unit: UnitBuilder, spec: Spec, service: ProgramKeys, path: PathOf): void {
  const given = service.env?.set ?? {};
  for (const [name, value] of Object.entries(runtimeEnvironment(spec, service))) {
    if (!(name in given))
      unit.add("Service", "Environment", quoteEnvironment(name, value), `runtime ${runtimeOf(service).name}`);
  }
  for (const [name, value] of Object.entries(given)) {
    unit.add("Service", "Environment", quoteEnvironment(name, value), path("env", "set", name));
  }
  for (const [index, file] of envFiles(service).entries()) {
    const cause = Array.isArray(service.env?.file) ? path("env", "file", index) : path("env", "file");
    unit.add("Service", "EnvironmentFile", quoteEnvironmentFile(resolvePath(spec, file)), cause);
  }
}

/** A program inside a virtual environment gets that environment's programs first; Python output is not held back. */
function runtimeEnvironment(spec: Spec, service: ProgramKeys): Record<string, string> {
  if (runtimeOf(service).name !== "python" || keepsDefaults(service)) return {};
  const program = programPath(spec, service.run[0]!);
  const environment: Record<string, string> = { PYTHONUNBUFFERED: "1" };
  if (/\/bin\/[^/]+$/.test(program) && !/^\/(usr(\/local)?\/)?bin\//.test(program)) {
    environment["VIRTUAL_ENV"] = dirname(dirname(program));
    environment["PATH"] = `${dirname(program)}:/usr/local/bin:/usr/bin:/bin`;
  }
  return environment;
}

/** Credentials: encrypted where the host can (LoadCredential= in systemd.exec(5)). */
export function addSecrets(
  unit: UnitBuilder,
  spec: Spec,
  service: ProgramKeys,
  target: Target,
  path: PathOf,
): void {
  const name = String(path()[1]);
  if (unit.systemd < 247 && service.secrets && Object.keys(service.secrets).length > 0) {
    unit.refuse(
      "target/no-credentials",
      `Cannot give secrets to "${name}": credentials need systemd 247, this host has ${unit.systemd}`,
      path("secrets"),
      "use a newer host, or a file that only the service's account can read",
    );
    return;
  }
  for (const [id, source] of Object.entries(service.secrets ?? {})) {
    if (target.encryptsCredentials && target.scope === "system") {
      unit.add(
        "Service",
        "LoadCredentialEncrypted",
        quoteCredential(id, encryptedCredentialPath(spec, name, id)),
        path("secrets", id),
      );
    } else unit.add("Service", "LoadCredential", quoteCredential(id, source), path("secrets", id));
  }
}
