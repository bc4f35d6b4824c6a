import type { CheckRule } from "../compile/watch-rule.ts";
import { describeDuration } from "../value/duration.ts";
import type { CheckState } from "./check-state.ts";
import type { JudgeAt } from "./judge-at.ts";
import { isOwn, ownWindow } from "./look-facts.ts";
import type { Reading } from "./reading.ts";

/** Until when a failure is not held against the service, and why. */
export type Settling = { until: number; why: string };

/**
 * After a start there is a grace; and silence can be told from what has only just begun after the limit's own time: since
 * the start, since the hours of the check opened, since the clock was set. null when all that is over.
 */
export function settlingOf(
  rule: CheckRule,
  state: Pick<CheckState, "steadySince">,
  at: JudgeAt,
): Settling | null {
  const { now } = at;
  const own = ownWindow(rule.look);
  const from = (since: number | null | undefined, span: number, what: string): Settling[] =>
    since == null || since > now || now >= since + span
      ? []
      : [{ until: since + span, why: `${what} ${describeDuration(now - since)} ago` }];
  const all = [
    ...from(isOwn(rule) ? at.activeSince : null, Math.max(at.grace, own), "started"),
    ...from(at.openSince, own, "its hours began"),
    ...from(later(state.steadySince, at.clockSetAt), own, "looks began anew"),
  ];
  return all.toSorted((a, b) => b.until - a.until)[0] ?? null;
}

/** A failure while it settles is skipped, and looked at again at its end. */
export function settle(rule: CheckRule, state: CheckState, reading: Reading, at: JudgeAt): Reading {
  if (reading.result !== "fail") return reading;
  const settling = settlingOf(rule, state, at);
  if (settling === null) return reading;
  const says = `${settling.why}: ${reading.says}`;
  return { ...reading, result: "skipped", says, dueAt: settling.until };
}

function later(a: number | null, b: number | null | undefined): number | null {
  return a === null ? (b ?? null) : Math.max(a, b ?? a);
}
