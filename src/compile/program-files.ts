import { isAbsolute, join } from "node:path";
import type { ServiceSpec } from "../spec/service-schema.ts";
import type { Spec } from "../spec/spec.ts";
import type { ProgramKeys } from "./program.ts";

/** The program as an absolute path, or as a bare name that systemd looks up in its own fixed directories. */
export function programPath(spec: Spec, program: string): string {
  return program.includes("/") && !isAbsolute(program) ? join(spec.directory, program) : program;
}

export function envFiles(service: ProgramKeys): readonly string[] {
  const file = service.env?.file;
  return file === undefined ? [] : typeof file === "string" ? [file] : file;
}

/** Files named below systemd:, which may be missing. Patterns, and names that only systemd can fill in, are left out. */
export function optionalEnvFiles(service: ProgramKeys & Pick<ServiceSpec, "systemd">): string[] {
  return [service.systemd?.Service?.["EnvironmentFile"] ?? []]
    .flat()
    .map((path) => path.replace(/^-/, ""))
    .filter((path) => path.startsWith("/") && !/[*?[\]%]/.test(path));
}

/** Where a secret's encrypted copy is kept on hosts that can encrypt. */
export function encryptedCredentialPath(spec: Spec, service: string, id: string): string {
  return `/etc/credstore.encrypted/holdfast.${spec.app}.${service}.${id}`;
}
