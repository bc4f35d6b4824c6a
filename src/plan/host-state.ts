import type { UnitName } from "../value/unit-name.ts";
import type { ForeignUnit } from "./foreign-unit.ts";
import type { Outdated } from "./outdated.ts";
import type { StampState } from "./timer-stamp.ts";

/** What stands on the host where the plan's files go; null content means there is nothing. */
export type FileState = {
  content: string | null;
  mode: number | null;
  /** Directories above it that do not exist, outermost first. */
  missingDirectories: readonly string[];
};

export type DirectoryState = { mode: number; uid: number; gid: number };

export type UnitState = {
  unit: UnitName;
  active: string;
  enabled: string;
  /** Files outside the unit itself that change it, such as override.conf. */
  dropIns: readonly string[];
  /** The unit file that systemd uses; "" when it knows none. */
  fragment: string;
  /** systemd has not read the files as they are now. */
  needsReload: boolean;
  /** Names one run of the unit; "" when it has none. A restart gives another. */
  invocation: string;
};

/** Everything a plan is based on. Two equal states give equal plans; a plan is refused when its state no longer holds. */
export type HostState = {
  files: Readonly<Record<string, FileState>>;
  units: Readonly<Record<string, UnitState>>;
  /** Directories that services write to, or that systemd makes for them; null where there is none. */
  directories: Readonly<Record<string, DirectoryState | null>>;
  /** Directories above those written to that do not exist either, outermost first. */
  missingParents: readonly string[];
  /** Encrypted copies of secrets by path: "stale" when the source has another value. */
  credentials: Readonly<Record<string, CredentialState>>;
  /** What running services have and would not get again, by unit. */
  outdated: Readonly<Record<string, Outdated>>;
  /** Of persistent timers, by unit. */
  stamps: Readonly<Record<string, StampState>>;
  /** What other hands have written of the units, by unit. */
  foreign: Readonly<Record<string, ForeignUnit>>;
  accountExists: boolean;
  /** Groups that the account needs and that do not exist. */
  missingGroups: readonly string[];
};

export type CredentialState = {
  state: "missing" | "stale" | "current";
  missingDirectories: readonly string[];
};

export function isRunning(active: string | undefined): boolean {
  return active === "active" || active === "activating" || active === "reloading";
}
