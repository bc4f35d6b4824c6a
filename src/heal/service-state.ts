import type { CheckState } from "./check-state.ts";

/** closed: starts and heals as usual. open: held. half-open: one try after re-arming. */
export type Breaker = {
  state: "closed" | "open" | "half-open";
  since: number;
  /** Why it opened. */
  why: string | null;
  /** When it lets one try through; null: by hand, or closed. */
  rearmAt: number | null;
  /** How often it opened without a closing in between: doubles the time to re-arm. */
  trips: number;
};

/** For a unit without a record: 0, since ever, so that crashes before now count. */
export const closedBreaker = (now: number): Breaker => ({
  state: "closed",
  since: now,
  why: null,
  rearmAt: null,
  trips: 0,
});

/** What systemd says of the unit now. */
export type UnitFacts = {
  active: "active" | "reloading" | "inactive" | "failed" | "activating" | "deactivating" | "unknown";
  sub: string;
  /** When it became active (ActiveEnterTimestamp), in milliseconds; null when it is not. */
  activeSince: number | null;
  pid: number | null;
  invocation: string;
  restarts: number;
  /** Why it ended, in words; null while it runs. */
  ended: string | null;
  /** It is down, and its program had ended before systemd did anything: nobody has stopped it. */
  endedByItself: boolean;
  /** systemd's Result, such as "watchdog", "oom-kill", "start-limit-hit". */
  result: string;
};

/** Of a unit that systemd was not asked about yet, or could not be. */
export const unknownFacts: UnitFacts = {
  active: "unknown",
  sub: "",
  activeSince: null,
  pid: null,
  invocation: "",
  restarts: 0,
  ended: null,
  endedByItself: false,
  result: "",
};

/** What people have said about it, and what is under way. */
export type Circumstances = {
  /** Stopped on purpose: by whom and when, in words; null when nobody did. */
  stoppedBy: string | null;
  /** A change of the application is under way or was cut short (apply, rollback): nothing is healed meanwhile. */
  changing: boolean;
  /** Heals of this service are switched off until then (maintenance), in words; null when not. */
  paused: string | null;
  /** Nobody is to look at this service (a pause), in words; null or missing when somebody is. */
  unwatched?: string | null;
  /**
   * When the wall clock was set or the host slept, as whoever watches has seen it by comparing clocks; null: not since
   * it watches. Missing: it cannot know (a single check), and a long time without a look counts as such.
   */
  clockSetAt?: number | null;
};

/** A heal on record, as far as decisions go by it. */
export type PastHeal = {
  at: number;
  cause: string;
  outcome: "helped" | "did-not-help" | "failed" | "open";
  /** Spent from the budget: heals by Holdfast's own decision, not those that people asked for. */
  counts: boolean;
};

/** Everything that a decision about one service goes by. */
export type ServiceState = {
  unit: UnitFacts;
  checks: Readonly<Record<string, CheckState>>;
  breaker: Breaker;
  /** Of the budget's window at least, newest last. */
  heals: readonly PastHeal[];
  /** Moments of restarts by systemd itself, newest last. */
  crashes: readonly number[];
  circumstances: Circumstances;
};

/**
 * The three facts that "running" mixes up. null: not known, or nothing is declared that shows it.
 * Overall: stopped (on purpose), starting, healthy, degraded (works, or suffers from a dependency), unhealthy, unknown,
 * held (breaker open).
 */
export type ServiceHealth = {
  overall: "healthy" | "degraded" | "unhealthy" | "starting" | "stopped" | "held" | "unknown";
  active: boolean | null;
  ready: boolean | null;
  progressing: boolean | null;
  /** "degraded: dependency broker": whose fault it is, when it is not its own. */
  dependency: string | null;
  issues: readonly Finding[];
  warnings: readonly Finding[];
};

export type Finding = { check: string; says: string; since: number };
