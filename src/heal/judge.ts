import type { CheckRule } from "../compile/watch-rule.ts";
import type { CheckState, Verdict } from "./check-state.ts";
import type { JudgeAt } from "./judge-at.ts";
import { isEvidence, isOwn } from "./look-facts.ts";
import type { Reading } from "./reading.ts";
import { settle } from "./settling.ts";
import { steady } from "./steady.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** So long may nobody be able to tell before that is said. */
export const unknownFor = 10 * minute;
const longestRecovery = 30 * minute;
const shortestCalm = 30 * minute;
/** Longer than twice the longest median of three openings within an hour. */
const openedKept = 2 * hour;

/**
 * What a reading changed. opened: it fails now. recovered: shown to be good again. unknown: nobody could tell for ten
 * minutes. flapping: opened for the third time within an hour. calm: flapping is over.
 */
export type JudgeEvent = {
  kind: "opened" | "recovered" | "unknown" | "flapping" | "calm";
  at: number;
  /** What it was before, and since when. */
  from: Verdict;
  since: number;
  /** How often it has opened within the hour. */
  opened: number;
};

/**
 * Takes one reading into what is known of a check. Bounded state; the same input gives the same output, so that whoever
 * was killed goes on from the record.
 */
export function judge(
  rule: CheckRule,
  state: CheckState,
  reading: Reading,
  at: JudgeAt,
): { state: CheckState; events: readonly JudgeEvent[] } {
  const { now } = at;
  const before = steady(rule, state, at);
  const taken = credit(rule, settle(rule, before, reading, at), at);
  const next = tallied(
    rule,
    { ...before, last: taken, lastAt: now, kept: taken.kept ?? state.kept },
    taken,
    now,
  );
  if (taken.result === "skipped") return { state: next, events: [] };
  const verdict = verdictOf(rule, next, now);
  const turned = verdict !== next.verdict;
  const opens = turned && verdict === "failing";
  const opened = opens ? [...next.opened, now].slice(-64) : next.opened;
  const recent = withinHour(opened, now);
  const event = (kind: JudgeEvent["kind"]): JudgeEvent => ({
    kind,
    at: now,
    from: next.verdict,
    since: next.since,
    opened: recent,
  });
  const since = turned ? now : next.since;
  const trips = opens && !next.flapping && recent >= 3;
  const calms = next.flapping && verdict === "ok" && now - since >= calmAfter(opened);
  const kind = turned ? turnEvent(next.verdict, verdict) : null;
  return {
    state: { ...next, verdict, since, opened, flapping: (next.flapping || trips) && !calms },
    events: [
      ...(kind ? [event(kind)] : []),
      ...(trips ? [event("flapping")] : []),
      ...(calms ? [event("calm")] : []),
    ],
  };
}

/** Do the latest results make a failure? N in a row, or N of the last M; what is unknown takes a place and is neither. */
export function isTallied({ fails }: CheckRule, window: CheckState["window"]): boolean {
  return window.slice(-fails.of).filter((result) => result === "fail").length >= fails.count;
}

/** How long good results must last to end a failure: a minute, half as long again for each re-opening within the hour. */
export function recoveryDelay(state: CheckState, now: number): number {
  const again = Math.max(0, withinHour(state.opened, now) - 1);
  return Math.min(minute * 1.5 ** again, longestRecovery);
}

/** For so long must it be good to be called calm: half an hour, or twice the median time from one opening to the next. */
export function calmAfter(opened: readonly number[]): number {
  const cycles = opened
    .slice(1)
    .map((at, index) => at - opened[index]!)
    .toSorted((a, b) => a - b);
  const median = cycles.length === 0 ? 0 : cycles[cycles.length >> 1]!;
  return Math.max(shortestCalm, 2 * median);
}

/** A good result that shows nothing yet does not count: an end of a failure needs evidence, not our own restart. */
function credit(rule: CheckRule, reading: Reading, at: JudgeAt): Reading {
  if (reading.result !== "ok" || !isOwn(rule) || isEvidence(rule, reading, at.now, at.activeSince))
    return reading;
  return { ...reading, result: "skipped" };
}

function tallied(rule: CheckRule, state: CheckState, { result }: Reading, now: number): CheckState {
  if (result === "skipped") return { ...state, unknownSince: null };
  const kept = Math.min(64, Math.max(rule.fails.of, rule.recovers));
  return {
    ...state,
    window: [...state.window, result].slice(-kept),
    okSince: result === "ok" ? (state.okSince ?? now) : null,
    // A failure between does not end it: what says fail and unknown in turn for ever would be neither.
    unknownSince:
      result === "ok" ? null : result === "unknown" ? (state.unknownSince ?? now) : state.unknownSince,
    opened: state.opened.filter((at) => at > now - openedKept),
  };
}

function verdictOf(rule: CheckRule, state: CheckState, now: number): Verdict {
  const { verdict, window, unknownSince } = state;
  const latest = window.at(-1);
  if (latest === "fail" && isTallied(rule, window)) return "failing";
  if (latest === "ok") {
    if (verdict === "ok" || verdict === "pending") return "ok";
    return isRecovered(rule, state, now) ? "ok" : verdict;
  }
  // What was seen to fail stays so: that nobody can tell any more does not make it better.
  if (verdict !== "failing" && unknownSince !== null && now - unknownSince >= unknownFor) return "unknown";
  return verdict;
}

function isRecovered({ recovers }: CheckRule, state: CheckState, now: number): boolean {
  const row = state.window.slice(-recovers);
  const enough = row.length === recovers && row.every((result) => result === "ok");
  return enough && state.okSince !== null && now - state.okSince >= recoveryDelay(state, now);
}

function turnEvent(from: Verdict, to: Verdict): "opened" | "recovered" | "unknown" | null {
  if (to === "failing") return "opened";
  if (to === "unknown") return "unknown";
  return from === "pending" ? null : "recovered";
}

function withinHour(opened: readonly number[], now: number): number {
  return opened.filter((at) => at > now - hour && at <= now).length;
}
