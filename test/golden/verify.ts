import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { GoldenCase } from "./cases.ts";

/** The version of systemd-analyze on this machine, or null. */
export function installedSystemd(): number | null {
  const run = spawnSync("systemd-analyze", ["--version"], { encoding: "utf8" });
  const version = /^systemd (\d+)/.exec(run.stdout ?? "")?.[1];
  return version === undefined ? null : Number(version);
}

/**
 * Lines of systemd-analyze verify about the units of each case. Nothing is installed and nothing runs. All cases of a
 * scope are one call, which is why each has its application "demo" renamed: one call takes as long as one for one case.
 */
export function verifyUnits(cases: readonly GoldenCase[]): string[][] {
  const lines = cases.map((): string[] => []);
  for (const scope of ["system", "user"] as const) {
    const chosen = [...cases.entries()].filter(([, { target }]) => target.scope === scope);
    const stderr = chosen.length === 0 ? "" : verify(scope, chosen);
    for (const line of stderr.split("\n")) {
      const number = /\bcase(\d+)x/.exec(line)?.[1];
      if (number !== undefined) lines[Number(number)]!.push(line);
    }
  }
  return lines;
}

function verify(scope: "system" | "user", cases: readonly (readonly [number, GoldenCase])[]): string {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-golden-"));
  try {
    const names = cases.flatMap(([number, { artifacts, target }]) =>
      artifacts
        .filter(({ kind }) => kind === "unit")
        .map(({ path, text }) => {
          const name = renamed(basename(path), number);
          writeFileSync(join(directory, name), renamed(withPrograms(text, target.holdfast), number));
          return name;
        }),
    );
    const paths = names.map((name) => join(directory, name));
    const run = spawnSync("systemd-analyze", ["verify", "--man=no", `--${scope}`, ...paths], {
      encoding: "utf8",
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${directory}:`, XDG_RUNTIME_DIR: directory },
    });
    if (run.error) throw run.error;
    return run.stderr;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function renamed(text: string, number: number): string {
  return text.replaceAll(/\bdemo\b/g, `case${number}x`);
}

/** Neither Holdfast nor the application of a case has to be installed for its units to be right. */
function withPrograms(text: string, holdfast: string): string {
  return text
    .replaceAll(holdfast, "/usr/bin/true")
    .replaceAll(/^(Exec\w+)=\/opt\/demo\/\S+/gm, "$1=/usr/bin/true");
}
