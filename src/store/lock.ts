import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { makeDirectoryForEver, storeError } from "./open-store.ts";

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
    makeDirectoryForEver(directory);
    database = new DatabaseSync(join(directory, "lock.db"));
  } catch (error) {
    throw storeError(join(directory, "lock.db"), (error as Error).message, error);
  }
  try {
    // Long enough for somebody who only looks whether it is held.
    database.exec("PRAGMA busy_timeout = 200; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw storeError(join(directory, "lock.db"), (error as Error).message, error);
    throw lockedError(app, readHolder(card));
  }
  writeCard(card, holder);
  return { release: () => database.close() };
}

/**
 * Takes what a heal of one service needs: nobody may change the application meanwhile, and nobody else may heal this
 * service. Heals of its other services go on at the same time: they read-lock the file that a change locks for writing.
 */
export function takeHealLock(stateDirectory: string, app: string, service: string, holder: LockHolder): Lock {
  const directory = join(stateDirectory, "apps", app);
  const opened: DatabaseSync[] = [];
  const open = (name: string, sql: string): void => {
    const database = new DatabaseSync(join(directory, name));
    opened.push(database);
    database.exec(sql);
  };
  const release = (): void => opened.forEach((database) => database.close());
  const card = join(directory, "lock.json");
  const ownCard = join(directory, `heal-${service}.json`);
  try {
    makeDirectoryForEver(directory);
    open(`heal-${service}.db`, "PRAGMA busy_timeout = 200; BEGIN EXCLUSIVE");
    open("lock.db", "PRAGMA busy_timeout = 200; BEGIN; SELECT count(*) FROM sqlite_master");
  } catch (error) {
    release();
    if (!isBusy(error)) throw storeError(directory, (error as Error).message, error);
    throw opened.length === 1
      ? healingError(app, service, readHolder(ownCard))
      : lockedError(app, readHolder(card));
  }
  writeCard(ownCard, holder);
  writeCard(card, holder);
  return { release };
}

/** Takes what a drill has from its first act to its last: whoever gets it while a drill is on record knows that this one was killed. */
export function takeDrillLock(stateDirectory: string, app: string, holder: LockHolder): Lock {
  const directory = join(stateDirectory, "apps", app);
  const card = join(directory, "drill.json");
  makeDirectoryForEver(directory);
  const database = new DatabaseSync(join(directory, "drill.db"));
  try {
    database.exec("PRAGMA busy_timeout = 200; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw storeError(join(directory, "drill.db"), (error as Error).message, error);
    throw busyError("drill/under-way", `Cannot drill "${app}" now`, readHolder(card));
  }
  writeCard(card, holder);
  return { release: () => database.close() };
}

/** Who took the lock of an application last, as he wrote it down; null when nothing can be read. */
export function lastHolder(stateDirectory: string, app: string): LockHolder | null {
  return readHolder(join(stateDirectory, "apps", app, "lock.json"));
}

/** Who is changing an application at this moment, or null. "somebody" when that is all that can be seen. */
export function lockHolder(stateDirectory: string, app: string): LockHolder | "somebody" | null {
  const directory = join(stateDirectory, "apps", app);
  const file = join(directory, "lock.db");
  if (!existsSync(file)) return null;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 0");
    database.prepare("SELECT count(*) FROM sqlite_master").get();
    return null;
  } catch (error) {
    if (!isBusy(error)) return null;
    return readHolder(join(directory, "lock.json")) ?? "somebody";
  } finally {
    database.close();
  }
}

function isBusy(error: unknown): boolean {
  return /locked|busy/i.test((error as Error).message);
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
  return busyError("apply/locked", `Cannot change "${app}" now`, holder);
}

function healingError(app: string, service: string, holder: LockHolder | null): HoldfastError {
  return busyError("heal/under-way", `Cannot heal ${app}/${service} now`, holder);
}

function busyError(code: string, cannot: string, holder: LockHolder | null): HoldfastError {
  const who = holder
    ? `${holder.who} is running "${holder.command}" since ${holder.since} (process ${holder.pid})`
    : "another holdfast command is running";
  const fix = "wait until it has finished, then run the command again";
  return new HoldfastError({ severity: "error", code, summary: `${cannot}: ${who}`, fix }, exitCode.locked);
}
