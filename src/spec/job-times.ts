import type { CalendarRule } from "../calendar/find-calendar.ts";
import { formatCalendar } from "../schedule/format-calendar.ts";
import { intervalToCalendar } from "../schedule/interval.ts";
import { closeSteps, unitLosingSlots } from "../schedule/open-steps.ts";
import { parseCalendar } from "../schedule/parse-calendar.ts";
import type { Duration } from "../value/duration.ts";
import { durationOf } from "../value/duration.ts";
import { keepsDefaults } from "./defaults.ts";
import type { JobSpec } from "./job-schema.ts";
import type { Spec } from "./spec.ts";
import type { Band, LateSpec } from "./read-values.ts";

const second = 1000;

/** Zone of a job's times and of its program. */
export function zoneOf(spec: Spec, job: JobSpec): string {
  return job.zone ?? spec.zone ?? "UTC";
}

/** The days on which a job may run: a known calendar or a declared one; null for every day of its schedule. */
export function calendarRuleOf(spec: Spec, job: Pick<JobSpec, "calendar">): CalendarRule | null {
  const name = job.calendar ?? spec.calendar;
  if (name === undefined) return null;
  const declared = spec.calendars && Object.hasOwn(spec.calendars, name) ? spec.calendars[name] : undefined;
  return {
    base: declared?.base ?? (declared ? "weekdays" : name),
    closed: declared?.closed ?? [],
    half: declared?.half ?? {},
  };
}

/** Calendar expressions of a job, each with its zone, as they stand in OnCalendar=. */
export function timesOf(spec: Spec, job: JobSpec): string[] {
  if (job.every !== undefined) {
    const calendar = intervalToCalendar(job.every);
    return calendar === null ? [] : [calendar];
  }
  const written = job.at === undefined ? [] : typeof job.at === "string" ? [job.at] : job.at;
  return written.map((time) => withoutLoss(namesZone(time) ? time : `${time} ${zoneOf(spec, job)}`));
}

/** The last word of an expression is its zone when it begins with a letter and is no weekday or shorthand. */
function namesZone(time: string): boolean {
  const words = time.trim().split(/\s+/);
  const last = words.at(-1)!;
  return words.length > 1 && /^(UTC|[A-Z][A-Za-z_]+\/[A-Za-z_/+-]+)$/.test(last);
}

/** systemd leaves slots out of steps that do not come out even, such as 00:00 of *:0/25 (systemd#40260): those are written out. */
function withoutLoss(time: string): string {
  const parsed = parseCalendar(time);
  return parsed.ok && unitLosingSlots(parsed.value) !== null
    ? formatCalendar(closeSteps(parsed.value))
    : time;
}

export const jobTimeout = (job: JobSpec): Duration => job.timeout ?? durationOf(3600 * second);

export const latePolicyOf = (job: JobSpec): LateSpec =>
  job.late ?? (keepsDefaults(job) ? { kind: "run" } : { kind: "refuse", after: durationOf(900 * second) });

/** Does systemd make up for a time that has passed, such as one at which the host was off? */
export function makesUpFor(job: JobSpec): boolean {
  return job.every === undefined && (job.late !== undefined || !keepsDefaults(job));
}

/** Has the job a timer, by its own times or by those of systemd:? */
export function hasTimer(spec: Spec, job: JobSpec): boolean {
  return (
    timesOf(spec, job).length > 0 || Object.keys(job.systemd?.Timer ?? {}).some((key) => /^On[A-Z]/.test(key))
  );
}

export const expectedBand = (job: JobSpec): Band | null => job.expect ?? null;

export const unsurePolicy = (job: JobSpec): "refuse" | "run" =>
  job["if-unsure"] ?? (job.critical ? "refuse" : "run");

export function needsOf(job: JobSpec): readonly string[] {
  return job.needs === undefined ? [] : typeof job.needs === "string" ? [job.needs] : job.needs;
}
