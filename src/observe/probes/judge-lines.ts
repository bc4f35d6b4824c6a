import type { Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import type { LineTally } from "./line-tally.ts";
import { reading } from "./local-probe.ts";
import type { WindowCount } from "./window-count.ts";

export type Moment = {
  now: number;
  /** Since when the service runs: it is given its limits anew, and older lines are not its own. null: not known. */
  since: number | null;
  /** So much later than it was written may a line become known, in milliseconds. */
  late: number;
  /** What is counted, such as "matching line". */
  noun: string;
};

/**
 * Holds what was counted against the limits of the rule; the worst of them is the answer. `dueAt` is when it will change
 * if nothing more is written.
 */
export function judgeLines(tally: LineTally, moment: Moment): Reading {
  tally.notAfter(moment.now);
  const parts = [fresh(tally, moment), atLeast(tally, moment), atMost(tally, moment)].filter(
    (part) => part !== null,
  );
  if (parts.length === 0) return reading("unknown", "the check has no limit");
  const worst = (["fail", "unknown", "ok"] as const).flatMap((result) =>
    parts.filter((part) => part.result === result),
  )[0]!;
  const due = parts.flatMap(({ dueAt }) => (dueAt === undefined || dueAt <= moment.now ? [] : [dueAt]));
  const { dueAt: _, ...rest } = worst;
  return due.length === 0 ? rest : { ...rest, dueAt: Math.min(...due) };
}

function fresh(tally: LineTally, { now, since, late, noun }: Moment): Reading | null {
  const { fresh } = tally.rule;
  if (fresh === null) return null;
  const limit = fresh / 1000;
  const { seenFrom } = tally;
  const start = since ?? -Infinity;
  const newest = tally.newest !== null && tally.newest > start ? tally.newest : null;
  const begin = newest ?? Math.max(start, seenFrom);
  const age = describeDuration(Math.floor(now - begin));
  const value = begin === -Infinity ? null : Math.round((now - begin) / 100) / 10;
  const says =
    newest !== null
      ? `the last ${noun} is ${age} old`
      : begin === -Infinity
        ? `no ${noun}`
        : begin === start
          ? `no ${noun} since its start ${age} ago`
          : `no ${noun} in the last ${age}`;
  const end = Math.ceil((newest ?? start) + fresh + late);
  if (now < end) return reading("ok", says, { value, limit, dueAt: end });
  // Older than the limit, or none at all: unless one may have come while nobody looked.
  const certain = Math.ceil(seenFrom + fresh + late);
  if (now < certain)
    return reading("unknown", `${says}; what was before is not known`, { limit, dueAt: certain });
  return reading("fail", `${says}, over ${describeDuration(fresh)}`, { value, limit });
}

function atLeast({ least, rule, seenFrom }: LineTally, moment: Moment): Reading | null {
  if (rule.atLeast === null || least === null) return null;
  const { now, late, since } = moment;
  const { count: limit, window } = rule.atLeast;
  const from = Math.max(now - window - late, since ?? -Infinity);
  const value = least.countAfter(from);
  const says = describeCount(value, window, moment);
  if (value >= limit) {
    const dueAt = Math.ceil(least.nthNewest(limit)! + window + late);
    return reading("ok", says, { value, limit, dueAt });
  }
  // A window that began before the start, or before anybody looked, is not over yet.
  const started = Math.ceil((since ?? -Infinity) + window + late);
  if (now < started) return reading("ok", `${says}; it has just started`, { value, limit, dueAt: started });
  const certain = Math.ceil(seenFrom + window + late);
  if (now < certain)
    return reading("unknown", `${says} known of, at least ${limit} needed`, { value, limit, dueAt: certain });
  return reading("fail", `${says}, at least ${limit} needed`, { value, limit });
}

function atMost({ most, rule, seenFrom }: LineTally, moment: Moment): Reading | null {
  if (rule.atMost === null || most === null) return null;
  const { now, since } = moment;
  const { count: limit, window } = rule.atMost;
  const from = Math.max(now - window, since ?? -Infinity);
  const value = most.countAfter(from);
  const says = describeCount(value, window, moment);
  if (value > limit)
    return reading("fail", `${says}, over ${limit}`, {
      value,
      limit,
      dueAt: leavesAt(most, limit + 1, window),
    });
  // What came before anybody looked is not counted, so the answer may be too good.
  if (from < seenFrom) {
    const dueAt = Math.ceil(seenFrom + window);
    return reading("unknown", `${says} known of, at most ${limit} wanted`, { value, limit, dueAt });
  }
  return reading("ok", says, { value, limit });
}

function leavesAt(counts: WindowCount, nth: number, window: number): number {
  return Math.ceil(counts.nthNewest(nth)! + window);
}

function describeCount(value: number, window: number, { now, since, noun }: Moment): string {
  const many = `${value} ${noun}${value === 1 ? "" : "s"}`;
  return since !== null && now - since < window
    ? `${many} since its start ${describeDuration(Math.floor(now - since))} ago`
    : `${many} within ${describeDuration(window)}`;
}
