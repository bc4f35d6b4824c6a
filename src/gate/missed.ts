import type { JobRule } from "../plan/job-rule.ts";
import type { Pause } from "../store/runs.ts";
import type { RunResult } from "../store/runs.ts";
import { openDay } from "./open-day.ts";
import { dateInZone, slotsBetween } from "./slots.ts";

/** A run on record, as far as it tells that a slot was not missed. */
export type SeenRun = { slot: string | null; started: string; ended: string | null; result: RunResult };

export type MissedRun = { slot: string; tradingDay: string; result: RunResult; reason: string };

export type Watch = {
  /** The job is expected from here on: since it was applied with these times. Milliseconds. */
  since: number;
  now: number;
  paused: Pause | null;
  /** When the host came up; null when nobody knows. */
  bootedAt: number | null;
};

/** Slots that came and went without a word: on an open day, later than the job may still begin and end, with no run on record. */
export function findMissed(rule: JobRule, runs: readonly SeenRun[], watch: Watch): MissedRun[] {
  const until = watch.now - allowance(rule);
  if (until <= watch.since) return [];
  const seen = new Set(runs.flatMap(({ slot }) => (slot === null ? [] : Date.parse(slot))));
  return slotsBetween(rule.slots, watch.since, until).flatMap((slot): MissedRun[] => {
    if (seen.has(slot)) return [];
    const tradingDay = dateInZone(slot, rule.zone);
    const { open } = openDay(rule, tradingDay);
    // What the gate would not have let through was not missed.
    if (open === false || (open === "unknown" && rule.unsure === "refuse")) return [];
    if (isPaused(watch.paused, slot)) return [];
    return [{ slot: new Date(slot).toISOString(), tradingDay, ...reasonFor(slot, runs, watch) }];
  });
}

/** A run that goes on for longer than is usual: longer than its expect, or than nearly all of its last runs. Null when it does not. */
export function findOverlong(
  rule: JobRule,
  started: string,
  durations: readonly number[],
  now: number,
): { takes: number; usual: number } | null {
  const usual = rule.expect?.to ?? percentile95(durations);
  const takes = now - Date.parse(started);
  return usual === null || takes <= usual ? null : { takes, usual };
}

/** So long after its slot a run may still begin, and end; systemd's own accuracy is no lateness. */
function allowance(rule: JobRule): number {
  const late = rule.late.kind === "refuse" ? rule.late.after : 60_000;
  return late + rule.timeout;
}

function isPaused(pause: Pause | null, slot: number): boolean {
  if (!pause || slot < Date.parse(pause.at)) return false;
  return pause.until === null || slot < Date.parse(pause.until);
}

/** systemd starts nothing while the run before goes on, and says nothing either. */
function reasonFor(
  slot: number,
  runs: readonly SeenRun[],
  { bootedAt }: Watch,
): Pick<MissedRun, "result" | "reason"> {
  const busy = runs.find(
    ({ started, ended, result }) =>
      (ended !== null || result === "running") &&
      Date.parse(started) <= slot &&
      (ended === null || Date.parse(ended) > slot),
  );
  if (busy) return { result: "still-running", reason: `the run that began at ${busy.started} had not ended` };
  return {
    result: "missed",
    reason:
      bootedAt !== null && slot < bootedAt
        ? `nothing started it: the host came up later, at ${new Date(bootedAt).toISOString()}`
        : "nothing started it: its timer did not come, or was not armed",
  };
}

/** Null for fewer than five: a job that is new has no habits. */
function percentile95(durations: readonly number[]): number | null {
  if (durations.length < 5) return null;
  return durations.toSorted((a, b) => a - b)[Math.ceil(durations.length * 0.95) - 1]!;
}
