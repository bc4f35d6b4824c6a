import { isAbsolute, join } from "node:path";
import type { Spec } from "../spec/spec.ts";
import type { ProgramKeys } from "./program.ts";

/** Paths of the spec that the service itself has to see. */
export function declaredPaths(spec: Spec, service: ProgramKeys): string[] {
  const programs = [service.run, ...(service["before-start"] ?? []), ...(service["after-stop"] ?? [])];
  return [
    spec.directory,
    ...writtenPaths(spec, service),
    ...(service["needs-files"] ?? []).map((file) => resolvePath(spec, file)),
    ...programs.map((argv) => argv[0]!).filter(isAbsolute),
  ];
}

/** Directories the service writes to, absolute. */
export function writtenPaths(spec: Spec, service: ProgramKeys): string[] {
  return (service.writes ?? []).map((entry) =>
    resolvePath(spec, typeof entry === "string" ? entry : entry.path),
  );
}

/** A path of the spec, which is relative to the application's directory. */
export function resolvePath(spec: Spec, path: string): string {
  return isAbsolute(path) ? path : join(spec.directory, path);
}
