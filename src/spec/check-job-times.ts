import { findCalendar } from "../calendar/find-calendar.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { elapses } from "../schedule/elapses.ts";
import { instantOf } from "../schedule/instant.ts";
import { nextElapse } from "../schedule/next-elapse.ts";
import { utc } from "../schedule/zone.ts";
import { describeDuration, type Duration } from "../value/duration.ts";
import { checkClockChanges } from "./check-clock-changes.ts";
import type { JobSpec } from "./job-schema.ts";
import { calendarRuleOf, latePolicyOf } from "./job-times.ts";
import type { Spec } from "./spec.ts";
import type { ReadTime } from "./read-times.ts";

const year = 366 * 86_400_000;

/** What is wrong with times that can be read: they never come, or come more often than the job can run. */
export function checkJobTimes(
  spec: Spec,
  name: string,
  job: JobSpec,
  times: readonly ReadTime[],
  now: number | null,
): Diagnostic[] {
  const never = times.flatMap((time) => checkComes(name, time, times, now));
  const shortest = shortestStep(job, times, now ?? 0);
  const rule = calendarRuleOf(spec, job);
  return [
    ...never,
    ...(shortest === null ? [] : checkStep(spec, name, job, shortest)),
    ...(now === null || never.length > 0
      ? []
      : checkClockChanges(name, times, rule && (safely(() => findCalendar(rule)) ?? null), now)),
  ];
}

/** Declared dates that cannot be read are told by check-calendars.ts. */
function safely<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

function checkComes(
  name: string,
  { written, at, expression }: ReadTime,
  all: readonly ReadTime[],
  now: number | null,
): Diagnostic[] {
  const comes = (after: number) => nextElapse(expression, instantOf(after), utc) !== null;
  if (!comes(0)) {
    return [
      {
        severity: "error",
        code: "spec/never-comes",
        summary: `Cannot run job "${name}" at "${written}": there is no such day`,
        at,
        detail: "systemd accepts it, and the timer never elapses",
        fix: 'a day that exists; the last one of a month is "*-*~01"',
      },
    ];
  }
  if (now === null || comes(now * 1000)) return [];
  const others = all.some((time) => nextElapse(time.expression, instantOf(now * 1000), utc) !== null);
  return [
    {
      severity: others ? "warning" : "error",
      code: "spec/time-has-passed",
      summary: `${others ? "This time of" : "Cannot run"} job "${name}"${others ? " has passed:" : " any more:"} "${written}" does not come again`,
      at,
      fix: others ? "remove it" : "a time to come, or no at: then only holdfast run starts it",
    },
  ];
}

/** The shortest time between two of its slots, in milliseconds; null when there are not two within a year. */
function shortestStep(job: JobSpec, times: readonly ReadTime[], from: number): number | null {
  if (job.every !== undefined) return job.every;
  const slots = times.flatMap(({ expression }) => {
    const found: number[] = [];
    for (const slot of elapses(expression, instantOf(from * 1000), instantOf((from + year) * 1000), utc)) {
      found.push(slot / 1000);
      if (found.length === 400) break;
    }
    return found;
  });
  const sorted = [...new Set(slots)].toSorted((a, b) => a - b);
  if (sorted.length < 2) return null;
  return Math.min(...sorted.slice(1).map((slot, index) => slot - sorted[index]!));
}

function checkStep(spec: Spec, name: string, job: JobSpec, step: number): Diagnostic[] {
  const found: Diagnostic[] = [];
  const often = `job "${name}" every ${describeDuration(step)}`;
  const place = (key: "jitter" | "expect" | "timeout") => spec.placeOf(["jobs", name, key]);
  if (job.jitter !== undefined && job.jitter >= step)
    found.push({
      severity: "error",
      code: "spec/jitter-too-large",
      summary: `Cannot start ${often} up to ${describeDuration(job.jitter)} later: one run would pass the next`,
      at: place("jitter"),
      fix: `jitter: less than ${describeDuration(step / 2)}`,
    });
  const late = latePolicyOf(job);
  if (job.jitter !== undefined && late.kind === "refuse" && job.jitter >= late.after)
    found.push({
      severity: "error",
      code: "spec/jitter-is-late",
      summary: `Cannot start job "${name}" up to ${describeDuration(job.jitter)} later: after ${describeDuration(late.after)} it is refused as too late`,
      at: place("jitter"),
      fix: "a shorter jitter, or a longer late",
    });
  const longest = longestRun(job);
  if (longest !== null && longest.span > step)
    found.push({
      severity: "warning",
      code: "spec/runs-into-itself",
      summary: `${often} may ${longest.key === "expect" ? "usually " : ""}take ${describeDuration(longest.span)}: times that come while it runs are skipped`,
      at: place(longest.key),
      fix: "run it less often, or make it shorter",
    });
  if (job.expect && job.timeout !== undefined && job.expect.to > job.timeout)
    found.push({
      severity: "warning",
      code: "spec/timeout-too-short",
      summary: `job "${name}" is ended after ${describeDuration(job.timeout)}, but may usually take ${describeDuration(job.expect.to)}`,
      at: place("timeout"),
      related: [{ at: place("expect"), note: "what it usually takes" }],
      fix: "a timeout above what it usually takes",
    });
  return found;
}

/** What was written counts, not the default of an hour. */
function longestRun(job: JobSpec): { key: "expect" | "timeout"; span: Duration } | null {
  if (job.expect) return { key: "expect", span: job.expect.to };
  return job.timeout === undefined ? null : { key: "timeout", span: job.timeout };
}
