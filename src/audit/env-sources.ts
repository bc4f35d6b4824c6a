import type { AuditedProgram } from "./facts.ts";

/** Environment files of the spec, and those that systemd has by a drop-in (EnvironmentFile=). */
export function envFilesOf({ service, properties }: AuditedProgram): readonly string[] {
  const named = properties["EnvironmentFiles"];
  const own = Array.isArray(named)
    ? named.flatMap((entry) =>
        Array.isArray(entry) && typeof entry[0] === "string" && entry[0].startsWith("/") ? [entry[0]] : [],
      )
    : [];
  return [...new Set([...service.envFiles, ...own])];
}
