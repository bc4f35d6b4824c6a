import type { Kept, Reading, Result } from "./reading.ts";

/**
 * ok, failing and unknown are verdicts; pending is none yet (never looked, starting). "unknown" means that it could not be
 * told for ten minutes: a warning of its own, never green and never a failure.
 */
export type Verdict = "pending" | "ok" | "failing" | "unknown";

/** What is remembered of a check; one row in the store. Times in milliseconds since the epoch. */
export type CheckState = {
  verdict: Verdict;
  /** Since when. */
  since: number;
  /** The latest results that count, oldest first, at most 64; skipped ones are not in it. */
  window: readonly Result[];
  /** When the good results in a row began that a recovery needs; null while there is none. */
  okSince: number | null;
  unknownSince: number | null;
  /** After a jump of the clock, or a long time without a look, silence counts from then on; null when there was none. */
  steadySince: number | null;
  /** When it opened (became failing) lately, for flapping and recovery: the last two hours' moments, at most 64. */
  opened: readonly number[];
  /** Opened for the third time within an hour, and not yet calm for long enough. */
  flapping: boolean;
  last: Reading | null;
  lastAt: number | null;
  kept: Kept | null;
  /** What it was looked for and where, as a hash: an address may hold a token. null until it was looked at. */
  looksAt: string | null;
};

export const newCheckState = (now: number): CheckState => ({
  verdict: "pending",
  since: now,
  window: [],
  okSince: null,
  unknownSince: null,
  steadySince: null,
  opened: [],
  flapping: false,
  last: null,
  lastAt: null,
  kept: null,
  looksAt: null,
});
