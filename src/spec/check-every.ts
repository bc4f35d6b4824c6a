import type { Diagnostic } from "../report/diagnostic.ts";
import { describeDuration, durationOf, formatDuration, type Duration } from "../value/duration.ts";
import type { JobSpec } from "./job-schema.ts";
import { intervalToCalendar } from "../schedule/interval.ts";
import type { Spec } from "./spec.ts";

const divisors = (of: number) => Array.from({ length: of }, (_, i) => i + 1).filter((n) => of % n === 0);
const steps: readonly number[] = [
  ...divisors(60).map((seconds) => seconds * 1000),
  ...divisors(60).map((minutes) => minutes * 60_000),
  ...divisors(24).map((hours) => hours * 3_600_000),
];

/** Checks that a step divides the minute, the hour or the day, and that it is the only word about when the job runs. */
export function checkEvery(spec: Spec, name: string, job: JobSpec): Diagnostic[] {
  if (job.every === undefined) return [];
  const found: Diagnostic[] = [];
  if (job.at !== undefined)
    found.push({
      severity: "error",
      code: "spec/two-schedules",
      summary: `Cannot use at and every together for job "${name}"`,
      at: spec.placeOf(["jobs", name, "every"], "key"),
      related: [{ at: spec.placeOf(["jobs", name, "at"], "key"), note: "the other one" }],
      fix: "keep one of the two; at takes a list of times",
    });
  if (job.every % 1000 !== 0 || intervalToCalendar(job.every) === null) {
    found.push({
      severity: "error",
      code: "spec/uneven-step",
      summary: `Cannot run job "${name}" every ${describeDuration(job.every)}: that does not divide ${whole(job.every)} evenly`,
      at: spec.placeOf(["jobs", name, "every"]),
      detail: "systemd counts steps anew in each minute, hour and day, so the last one would be shorter",
      fix: `every: ${formatDuration(nearestStep(job.every))}`,
    });
  }
  return found;
}

function whole(every: Duration): string {
  return every < 60_000 ? "a minute" : every < 3_600_000 ? "an hour" : "a day";
}

function nearestStep(every: Duration): Duration {
  const distance = (step: number) => Math.abs(Math.log(step / Math.max(1, every)));
  return durationOf(steps.toSorted((a, b) => distance(a) - distance(b))[0]!);
}
