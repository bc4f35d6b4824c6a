import { join } from "node:path";
import type { Artifact } from "../compile/artifact.ts";
import type { Host } from "../host/host.ts";
import type { Desired } from "../plan/desired.ts";
import type { Diagnostic } from "../report/diagnostic.ts";

/** Lets systemd read the staged units (systemd-analyze(1) verify). It exits 0 on most mistakes, so every line about our units counts. */
export async function verifyUnits(host: Host, desired: Desired, staged: string): Promise<Diagnostic[]> {
  const units = desired.artifacts.filter((artifact) => artifact.kind === "unit");
  const files = units.map((artifact) => join(staged, artifact.path.split("/").at(-1)!));
  const scope = host.scope === "user" ? ["--user"] : [];
  const result = await host.run([
    "/usr/bin/systemd-analyze",
    ...scope,
    "--man=no",
    "--generators=no",
    "verify",
    ...files,
  ]);
  const lines = [...new Set(`${result.stdout}\n${result.stderr}`.split("\n").map((line) => line.trim()))];
  return lines.flatMap((line) => (line === "" ? [] : describeLine(line, units, staged)));
}

function describeLine(line: string, units: readonly Artifact[], staged: string): Diagnostic[] {
  const artifact = units.find((unit) => line.includes(unit.path.split("/").at(-1)!));
  if (!artifact) return [];
  const at = /:(\d+):\s*(.*)$/.exec(line);
  const text = at?.[2] ?? line.replace(`${staged}/`, "");
  const written = at ? artifact.text.split("\n")[Number(at[1]) - 1] : undefined;
  const directive = artifact.directives.find((d) => `${d.key}=${d.value}` === written);
  const place =
    directive && "at" in directive.because
      ? directive.because.at
      : at
        ? { file: artifact.path, line: Number(at[1]), column: 1, length: 1 }
        : undefined;
  return [
    {
      severity: "error",
      code: "apply/verify",
      summary: `systemd does not accept ${artifact.unit}: ${text}`,
      ...(place ? { at: place } : {}),
    },
  ];
}
