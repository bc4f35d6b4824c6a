import type { KernelLog } from "./kernel-kills.ts";
import type { Use } from "./use.ts";
import type { JournalEntry } from "../../host/journal-entry.ts";
import type { Properties } from "../../host/host.ts";
import type { Intent } from "../../plan/change.ts";
import type { GiveUp } from "../../store/records.ts";
import type { Ending, Explanation } from "../../value/exit-status.ts";
import type { UnitName } from "../../value/unit-name.ts";
import type { WatchedEvidence } from "./watched-evidence.ts";
import type { LogLine } from "../logs/log-source.ts";

/** Something people did through Holdfast; times in microseconds. */
export type Deed = { from: number; to: number; who: string; what: string; unit: string | null };

/** The way it failed, the directive of the command that did, and what explains it. */
export type Failure = { directive: string; ending: Ending; explanation: Explanation };

/** All that a diagnosis is made of. */
export type Evidence = {
  app: string;
  service: string;
  unit: UnitName;
  /** It is work that ends, and not a service that runs on. */
  job: boolean;
  /** Microseconds since the epoch. */
  now: number;
  /** Ends before this are not listed. */
  since: number;
  properties: Properties;
  /** systemd's messages about the unit, oldest first. */
  entries: readonly JournalEntry[];
  /** Why the latest run failed, as far as the host shows it; null when it has not failed. */
  failure: Failure | null;
  kernel: KernelLog;
  /** When the journal was closed, as it is when the machine goes down. */
  closings: readonly number[];
  use: Use;
  /** What would keep it from starting, or its program from working. */
  troubles: readonly Cause[];
  intent: Intent | null;
  giveUps: readonly GiveUp[];
  deeds: readonly Deed[];
  log: readonly LogLine[];
  /** null when it is not known, or it is a job. */
  watched?: WatchedEvidence | null;
};

/** Why a run ended. "killed": by whom, could not be told. */
export type Reason =
  | "oom"
  | "signal"
  | "killed"
  | "exit-code"
  | "watchdog"
  | "start-timeout"
  | "stop-timeout"
  | "timeout"
  | "could-not-start"
  | "precondition"
  | "not-ready"
  | "dependency"
  | "stopped"
  | "shutdown"
  | "host-down"
  | "clean-exit"
  | "finished"
  | "skipped"
  | "start-limit"
  | "other";

/** One end of a run, or a start that systemd refused. */
export type End = {
  at: string;
  /** Milliseconds from its start; null when it never came up, or its start is not known. */
  ranMillis: number | null;
  reason: Reason;
  words: string;
  fix: string | null;
  invocation: string | null;
};

/** One limit, what was used of it, and whether it stood in the way. */
export type LimitUse = {
  name: "memory" | "cpu" | "tasks";
  directive: string;
  /** As a person writes it; null when there is none. */
  limit: string | null;
  hit: boolean;
  words: string;
  fix: string | null;
};

export type Budget = { used: number; of: number; windowMillis: number; spent: boolean };

/** A give-up that nobody has dealt with; its evidence stays in the record. */
export type OpenGiveUp = Pick<GiveUp, "at" | "result" | "exitCode" | "exitStatus"> & { reason: string };

export type Cause = { what: string; fix: string | null };

export type Diagnosis = {
  app: string;
  service: string;
  unit: string;
  active: string;
  sub: string;
  since: string | null;
  /** "well", or not: "trouble" is anything that nobody decided. */
  verdict: "well" | "stopped" | "trouble";
  /** How its last run ended, in words; null while it runs. */
  ending: string | null;
  /** Most likely first. */
  causes: readonly Cause[];
  /** Oldest first. */
  ends: readonly End[];
  limits: readonly LimitUse[];
  restarts: Budget | null;
  giveUps: readonly OpenGiveUp[];
  log: readonly LogLine[];
};
