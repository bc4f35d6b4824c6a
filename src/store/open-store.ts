import { mkdirSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HoldfastError } from "../report/diagnostic.ts";
import type { Scope } from "../host/host.ts";

/** Where all state of a scope lives: /var/lib/holdfast, or the XDG state directory of the user. */
export function stateDirectory(scope: Scope): string {
  if (scope === "system") return "/var/lib/holdfast";
  return join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local/state"), "holdfast");
}

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
  result TEXT NOT NULL,
  exit_code TEXT,
  exit_status TEXT,
  evidence TEXT NOT NULL,
  closed TEXT,
  closed_by TEXT
) STRICT;
`;

/** Opens the database of a scope, making it when it may. Readers without write permission get it read-only; null when there is none. */
export function openDatabase(scope: Scope, options: { write: boolean }): DatabaseSync | null {
  const directory = stateDirectory(scope);
  const path = join(directory, "holdfast.db");
  try {
    if (options.write) mkdirSync(join(directory, "apps"), { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(path, { readOnly: !options.write });
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;");
    if (options.write) {
      // FULL: what is recorded as begun or committed must survive a power cut, because recovery acts on it.
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      database.exec(schema);
    }
    return database;
  } catch (error) {
    const message = (error as Error).message;
    if (!options.write && /unable to open|no such file/i.test(message)) return null;
    throw storeError(path, message, error);
  }
}

export function storeError(path: string, message: string, cause: unknown): HoldfastError {
  const full = /full|disk I\/O/i.test(message);
  const readOnly = /readonly|read-only|EROFS|unable to open|EACCES|permission/i.test(message);
  const fix = full
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
