import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { storeError } from "./open-store.ts";

export type LockHolder = { who: string; command: string; pid: number; since: string };
export type Lock = { release(): void };

/**
 * Takes the one lock of an application, or says who has it. It is SQLite's own file lock: the kernel drops it when the
 * holder dies, however it dies, so there is no stale lock to clean up and no process id to guess about.
 */
export function takeLock(stateDirectory: string, app: string, holder: LockHolder): Lock {
  const directory = join(stateDirectory, "apps", app);
  const card = join(directory, "lock.json");
  let database: DatabaseSync;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(directory, "lock.db"));
  } catch (error) {
    throw storeError(join(directory, "lock.db"), (error as Error).message, error);
  }
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!/locked|busy/i.test((error as Error).message))
      throw storeError(join(directory, "lock.db"), (error as Error).message, error);
    throw lockedError(app, readHolder(card));
  }
  writeCard(card, holder);
  return { release: () => database.close() };
}

/** The card only tells people who holds the lock; without it the lock still holds. */
function writeCard(card: string, holder: LockHolder): void {
  try {
    writeFileSync(`${card}.new`, JSON.stringify(holder), { mode: 0o600 });
    renameSync(`${card}.new`, card);
  } catch {
    // A full disk must not stop the recovery that is about to run under this lock.
  }
}

function readHolder(card: string): LockHolder | null {
  try {
    return JSON.parse(readFileSync(card, "utf8")) as LockHolder;
  } catch {
    return null;
  }
}

function lockedError(app: string, holder: LockHolder | null): HoldfastError {
  const who = holder
    ? `${holder.who} is running "${holder.command}" since ${holder.since} (process ${holder.pid})`
    : "another holdfast command is running";
  return new HoldfastError(
    {
      severity: "error",
      code: "apply/locked",
      summary: `Cannot change "${app}" now: ${who}`,
      fix: "wait until it has finished, then run the command again",
    },
    exitCode.locked,
  );
}
