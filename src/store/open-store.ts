import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { HoldfastError } from "../report/diagnostic.ts";
import type { Scope } from "../host/host.ts";
import { auditSchema } from "./audit-tables.ts";
import { rehearsalSchema } from "./rehearsal-tables.ts";
import { runsSchema } from "./run-tables.ts";
import { useReserve } from "./reserve.ts";
import { tellSchema } from "./tell-tables.ts";
import { watchSchema } from "./watch-tables.ts";

/** Where all state of a scope lives: /var/lib/holdfast, or the XDG state directory of the user. */
export function stateDirectory(scope: Scope): string {
  if (scope === "system") return "/var/lib/holdfast";
  const named = process.env["XDG_STATE_HOME"];
  // Empty or relative counts as not set (XDG Base Directory Specification), and a unit passes on an unset one as empty.
  return join(named?.startsWith("/") ? named : join(homedir(), ".local/state"), "holdfast");
}

/** Of the tables below. Whoever changes one also writes here how an older one becomes the new one. */
const version = 1;

const schema = `
CREATE TABLE IF NOT EXISTS changes (
  id INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  purpose TEXT NOT NULL,
  from_generation INTEGER,
  to_generation INTEGER,
  plan TEXT NOT NULL,
  who TEXT NOT NULL,
  started TEXT NOT NULL,
  steps_begun INTEGER NOT NULL DEFAULT 0,
  finished TEXT,
  outcome TEXT,
  failure TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS changes_by_app ON changes (app, id);
CREATE TABLE IF NOT EXISTS intents (
  unit TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  stopped INTEGER NOT NULL,
  boot INTEGER,
  who TEXT NOT NULL,
  why TEXT,
  at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS audit (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  app TEXT NOT NULL,
  unit TEXT,
  action TEXT NOT NULL,
  why TEXT,
  result TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS audit_by_app ON audit (app, id);
CREATE TABLE IF NOT EXISTS give_ups (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  app TEXT NOT NULL,
  unit TEXT NOT NULL,
  invocation TEXT,
  result TEXT NOT NULL,
  exit_code TEXT,
  exit_status TEXT,
  evidence TEXT NOT NULL,
  closed TEXT,
  closed_by TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS give_ups_once ON give_ups (unit, invocation);
`;

/** Opens the database of a scope, making it when it may. Readers without write permission get it read-only; null when there is none. */
export function openDatabase(scope: Scope, options: { write: boolean }): DatabaseSync | null {
  const path = join(stateDirectory(scope), "holdfast.db");
  try {
    return options.write ? openForWriting(path) : openForReading(path);
  } catch (error) {
    throw storeError(path, (error as Error).message, error);
  }
}

function openForWriting(path: string): DatabaseSync {
  makeDirectoryForEver(join(dirname(path), "apps"));
  const database = new DatabaseSync(path);
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;");
  // FULL: what is recorded as begun or committed must survive a power cut, because recovery acts on it.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  makeTables(database);
  return database;
}

/** All tables or none: a reader never finds a part of them. */
export function makeTables(database: DatabaseSync): void {
  const { user_version: found } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (found > version)
    throw new Error(`it was written by a later Holdfast (version ${found} of its tables, not ${version})`);
  database.exec(
    `BEGIN; ${schema} ${runsSchema} ${watchSchema} ${tellSchema} ${auditSchema} ${rehearsalSchema} ${found === 0 ? `PRAGMA user_version = ${version};` : ""} COMMIT`,
  );
}

function openForReading(path: string): DatabaseSync | null {
  if (!isThere(path)) return null;
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 5000;");
    // Not there when its very first opening was cut short.
    const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'changes'").get();
    if (table) return database;
    database.close();
    return null;
  } catch (error) {
    database.close();
    // SQLite makes a file beside the database even to read it, which a full or read-only disk refuses. Without a
    // write-ahead log there is nothing that only that file could tell.
    if (existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0) throw error;
    return new DatabaseSync(new URL(`${pathToFileURL(path).href}?immutable=1`), { readOnly: true });
  }
}

function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** A power cut must not take the directory away with the record in it while the units that it records are still there. */
export function makeDirectoryForEver(path: string): void {
  const made = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let above = dirname(path); above.length >= dirname(made).length; above = dirname(above)) {
    const directory = openSync(above, "r");
    fsyncSync(directory);
    closeSync(directory);
    if (above === "/") break;
  }
}

/** Does one piece of writing, and turns what SQLite throws into words; what is in words already stays as it is. */
export function writing<T>(database: DatabaseSync, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw storeError(database.location() ?? "in memory", (error as Error).message, error);
  }
}

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** A statement that is used again and again: reading its text takes longer than carrying it out. */
export function prepared(database: DatabaseSync, sql: string): StatementSync {
  let known = statements.get(database);
  if (known === undefined) statements.set(database, (known = new Map()));
  let statement = known.get(sql);
  if (statement === undefined) known.set(sql, (statement = database.prepare(sql)));
  return statement;
}

/**
 * All of it, or none: what belongs together is written together. May be used inside another one. On a full disk it is tried
 * once more with the room that was kept for it.
 */
export function together<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  try {
    return transact(database, work);
  } catch (error) {
    const path = database.location();
    const full = /database or disk is full/.test((error as Error).message);
    if (!full || path === null || !useReserve(dirname(path))) throw error;
    return transact(database, work);
  }
}

function transact<T>(database: DatabaseSync, work: () => T): T {
  return writing(database, () => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } finally {
      if (database.isTransaction) database.exec("ROLLBACK");
    }
  });
}

export function storeError(path: string, message: string, cause: unknown): HoldfastError {
  const full = /full|disk I\/O/i.test(message);
  if (/EACCES/.test(message)) {
    return new HoldfastError({
      severity: "error",
      code: "host/not-permitted",
      summary: `Cannot look into the record ${path}: only root may see what is installed`,
      fix: "run it with sudo",
    });
  }
  const readOnly = /readonly|read-only|EROFS|unable to open|EACCES|permission/i.test(message);
  const fix = /later Holdfast/.test(message)
    ? "use that Holdfast, or a later one"
    : full
      ? `make room on the file system of ${path}, then run the command again`
      : readOnly
        ? `run it with sudo, and check that the file system of ${path} is writable`
        : `look at ${path}; move it away to start with an empty record (services are not affected)`;
  return new HoldfastError(
    { severity: "error", code: "store/unusable", summary: `Cannot use the record ${path}: ${message}`, fix },
    1,
    { cause },
  );
}

/** Who is asking: the person behind sudo when there is one. */
export function whoIsAsking(): string {
  const name = process.env["SUDO_USER"] ?? userInfo().username;
  return process.env["SUDO_USER"] ? `${name} (sudo)` : name;
}
