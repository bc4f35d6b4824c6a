import type { DrillRule } from "../../compile/drill.ts";
import type { Check } from "../../observe/check.ts";
import type { Rehearsed } from "../../store/rehearsals.ts";
import { describeDuration, durationOf, formatDuration } from "../../value/duration.ts";

/** When the next drill of an application is due, and of what. */
export type DrillDue = {
  due: number;
  overdue: boolean;
  /** The faults that are due by then; none: any. */
  faults: readonly string[];
};

/**
 * Of each fault that the spec names, the last drill that did it counts, whatever the spec was then: this is about people who know what
 * to do. One that was never drilled is due so long after `since`, when the spec began to ask for it. null: none is ever due.
 */
export function judgeDrillDue(
  rule: DrillRule | null,
  newestFirst: readonly Rehearsed[],
  since: number,
  now: number,
): DrillDue | null {
  if (rule === null || rule.every === null) return null;
  const { every, faults } = rule;
  const drills = newestFirst.filter(({ kind }) => kind === "drill");
  const lastOf = (fault: string | null): number =>
    drills.find(({ verdicts }) =>
      verdicts.some((one) => one.verdict !== "not-rehearsed" && (fault === null || one.fault === fault)),
    )?.at ?? since;
  const dues = (faults.length === 0 ? [null] : faults).map((fault) => ({
    fault,
    due: lastOf(fault) + every,
  }));
  const due = Math.min(...dues.map((one) => one.due));
  // All that are overdue are named; what is still to come is named with what comes with it on that day.
  const until = Math.max(due, now);
  return {
    due,
    overdue: now >= due,
    faults: dues.flatMap((one) => (one.fault !== null && one.due <= until ? [one.fault] : [])),
  };
}

/** "drill overdue since 2026-11-01: crash, freeze", "next drill due 2027-01-30". */
export function describeDrillDue({ due, overdue, faults }: DrillDue): string {
  const what = faults.length === 0 ? "" : `: ${faults.join(", ")}`;
  const day = new Date(due).toISOString().slice(0, 10);
  return overdue ? `drill overdue since ${day}${what}` : `next drill due ${day}${what}`;
}

/** Those that are drilled by themselves. */
const alone: readonly string[] = ["emergency", "reboot"];

/** What to type next. */
export function fixOfDrillDue(app: string, { faults }: DrillDue): string {
  const together = faults.filter((fault) => !alone.includes(fault));
  const named = together.length > 0 ? together : faults.slice(0, 1);
  return `holdfast drill ${app} --fault ${named.length === 0 ? "crash" : named.join(" ")}`;
}

/** The promise that somebody does this here now and then. */
export function checkDrillDue(app: string, rule: DrillRule, found: DrillDue, now: number): Check {
  const often = formatDuration(durationOf(rule.every!));
  const base = { id: "drilled", service: app, promise: `it is drilled here every ${often}` };
  if (found.overdue)
    return { ...base, result: "warning", found: describeDrillDue(found), fix: fixOfDrillDue(app, found) };
  const left = describeDuration(Math.max(1000, found.due - now));
  return { ...base, result: "ok", found: `${describeDrillDue(found)}, in ${left}`, fix: null };
}
