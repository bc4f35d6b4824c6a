import type { UnitName } from "../value/unit-name.ts";

export type Scope = "system" | "user";

export type RunResult = { status: number | null; signal: string | null; stdout: string; stderr: string };

export type RunOptions = {
  stdin?: string;
  env?: Readonly<Record<string, string>>;
  /** Milliseconds; the program is killed and signal is "SIGKILL" when it takes longer. Default 60 000. */
  timeout?: number;
};

export type FileStat = {
  kind: "file" | "directory" | "link" | "other";
  /** Permission bits only, such as 0o644. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Milliseconds since the epoch. */
  modified: number;
  device: number;
};

/** Files of the host. Every path is absolute. Errors carry Node's `code` ("ENOENT", "EROFS", "ENOSPC"). */
export interface Files {
  /** null when the file does not exist. */
  read(path: string): Promise<string | null>;
  /** null when nothing is there; links are not followed. */
  stat(path: string): Promise<FileStat | null>;
  list(path: string): Promise<string[]>;
  /** All or nothing: a temporary file in the same directory, fsync, rename, fsync of the directory. */
  write(path: string, content: string, options: { mode: number; uid?: number; gid?: number }): Promise<void>;
  /** Within one file system; replaces what is at `to`. Takes no space, so it works on a full disk. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for the same file. */
  link(from: string, to: string): Promise<void>;
  /** No error when it is already gone. */
  remove(path: string): Promise<void>;
  /** Removes a directory and all below it; no error when it is already gone. */
  removeTree(path: string): Promise<void>;
  makeDirectory(path: string, mode: number): Promise<void>;
  realPath(path: string): Promise<string | null>;
  /** Where a link points, as it is written; null when there is no link. */
  readLink(path: string): Promise<string | null>;
  /** Space left for ordinary users on the file system of this path, in bytes, and free inodes. */
  free(path: string): Promise<{ bytes: number; inodes: number }>;
}

/** D-Bus values in plain form: 64-bit numbers are bigint, structs and arrays are arrays. */
export type PropertyValue =
  | string
  | number
  | bigint
  | boolean
  | readonly PropertyValue[]
  | { readonly [key: string]: PropertyValue };
export type Properties = Readonly<Record<string, PropertyValue>>;

/** "done" is the only success (systemd's own words: done, canceled, timeout, failed, dependency, skipped). */
export type JobResult = "done" | "canceled" | "timeout" | "failed" | "dependency" | "skipped" | "invalid";

export type UnitSummary = { name: string; load: string; active: string; sub: string };

/** How long to wait for a job, in milliseconds; 5 minutes when not given. The job itself goes on after that. */
export type JobOptions = { timeout?: number };

export type UnitFileChange = { type: string; path: string; target: string };

/** The running systemd of the host, by its D-Bus API (org.freedesktop.systemd1(5)). */
export interface Systemd {
  /** Version text as the manager reports it, such as "252 (252.38-1~deb12u1)". */
  version(): Promise<string>;
  /** Properties of the manager itself. */
  managerProperties(names: readonly string[]): Promise<Properties>;
  /** Properties by their systemd names; the interface (Unit, Service, Slice) is found from the unit's suffix. Loads the unit if needed. */
  properties(unit: UnitName, names: readonly string[]): Promise<Properties>;
  /** All properties of the unit and of its own type. */
  allProperties(unit: UnitName): Promise<Properties>;
  /** "enabled", "disabled", "static", "masked", "" when there is no such file. */
  unitFileState(unit: UnitName): Promise<string>;
  /** Names of loaded units that match shell patterns. */
  listUnits(patterns: readonly string[]): Promise<readonly UnitSummary[]>;
  /** The same of units by their names, in one question; a unit that does not exist has the load state "not-found". */
  unitStates(units: readonly UnitName[]): Promise<readonly UnitSummary[]>;
  reload(): Promise<void>;
  start(unit: UnitName, options?: JobOptions): Promise<JobResult>;
  stop(unit: UnitName, options?: JobOptions): Promise<JobResult>;
  restart(unit: UnitName, options?: JobOptions): Promise<JobResult>;
  /** Runs ExecReload= of the unit. */
  reloadUnit(unit: UnitName, options?: JobOptions): Promise<JobResult>;
  /** Clears the failed state and the start-limit counter. */
  resetFailed(unit: UnitName): Promise<void>;
  kill(unit: UnitName, signal: number, whom: "main" | "all"): Promise<void>;
  enable(unit: UnitName): Promise<readonly UnitFileChange[]>;
  disable(unit: UnitName): Promise<readonly UnitFileChange[]>;
  close(): Promise<void>;
}

/** The one door to a machine. `local` is this one; `recording` remembers what was asked and changes nothing. */
export interface Host {
  readonly scope: Scope;
  readonly files: Files;
  readonly systemd: Systemd;
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** True when this process may change the host in this scope (root, or the user's own manager). */
  readonly mayChange: boolean;
  close(): Promise<void>;
}
