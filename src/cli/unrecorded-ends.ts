import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scope } from "../host/host.ts";
import type { Runs } from "../store/runs.ts";

export type UnrecordedEnd = {
  app: string;
  job: string;
  invocation: string;
  end: Parameters<Runs["end"]>[3];
};

const isInvocation = /^[0-9a-f]{32}$/;

/** In memory and gone after a reboot, as is the run's boot. Null for a user without a runtime directory. */
function directoryOf(scope: Scope): string | null {
  const above = scope === "system" ? "/run" : process.env["XDG_RUNTIME_DIR"];
  return above?.startsWith("/") ? join(above, "holdfast", "ends") : null;
}

/** Keeps the end of a run that the record could not take, so that the job does not count as running until the next boot. */
export function keepEnd(scope: Scope, unrecorded: UnrecordedEnd): void {
  const directory = directoryOf(scope);
  // An environment file of the job can set the variable.
  if (directory === null || !isInvocation.test(unrecorded.invocation)) return;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, unrecorded.invocation);
  // Whole or not at all: the gate of another job may look at this moment.
  writeFileSync(`${path}.new`, JSON.stringify(unrecorded), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Brings kept ends into the record, before a gate looks at it. */
export function recordKeptEnds(scope: Scope, record: (kept: UnrecordedEnd) => void): void {
  for (const file of listEnds(scope)) {
    const text = readIfThere(file);
    // The gate of another job, which looks at the same time, has recorded it.
    if (text === null) continue;
    record(JSON.parse(text) as UnrecordedEnd);
    rmSync(file, { force: true });
  }
}

function listEnds(scope: Scope): string[] {
  const directory = directoryOf(scope);
  if (directory === null || !existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => (isInvocation.test(name) ? join(directory, name) : []));
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
