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

/** Lines of systemd-analyze verify about the units of a case. Nothing is installed and nothing runs. */
export function verifyUnits({ artifacts, target }: GoldenCase): string[] {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-golden-"));
  try {
    const names = artifacts.filter(({ kind }) => kind === "unit").map(({ path }) => basename(path));
    for (const { kind, path, text } of artifacts)
      if (kind === "unit")
        writeFileSync(join(directory, basename(path)), withPrograms(text, target.holdfast));
    const instances = names.map((name) => join(directory, name));
    const scope = target.scope === "user" ? ["--user"] : [];
    const run = spawnSync("systemd-analyze", ["verify", "--man=no", ...scope, ...instances], {
      encoding: "utf8",
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${directory}:`, XDG_RUNTIME_DIR: directory },
    });
    const lines = run.stderr
      .split("\n")
      .filter((line) => names.some((name) => line.includes(name.replace(/@?\.\w+$/, ""))));
    return run.error ? [run.error.message] : lines;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Neither Holdfast nor the application of a case has to be installed for its units to be right. */
function withPrograms(text: string, holdfast: string): string {
  return text
    .replaceAll(holdfast, "/usr/bin/true")
    .replaceAll(/^(Exec\w+)=\/opt\/demo\/\S+/gm, "$1=/usr/bin/true");
}
