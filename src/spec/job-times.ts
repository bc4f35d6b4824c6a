import type { CalendarRule } from "../calendar/find-calendar.ts";
import type { Duration } from "../value/duration.ts";
import { durationOf } from "../value/duration.ts";
import type { JobSpec } from "./job-schema.ts";
import type { Spec } from "./parse-spec.ts";
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
    const calendar = everyToCalendar(job.every);
    return calendar === null ? [] : [`${calendar} UTC`];
  }
  const written = job.at === undefined ? [] : typeof job.at === "string" ? [job.at] : job.at;
  return written.map((time) => (namesZone(time) ? time : `${time} ${zoneOf(spec, job)}`));
}

/** The last word of an expression is its zone when it begins with a letter and is no weekday or shorthand. */
function namesZone(time: string): boolean {
  const words = time.trim().split(/\s+/);
  const last = words.at(-1)!;
  return words.length > 1 && /^(UTC|[A-Z][A-Za-z_]+\/[A-Za-z_/+-]+)$/.test(last);
}

/** Even steps through the hour or the day; null for a step that divides neither. */
export function everyToCalendar(every: Duration): string | null {
  const seconds = every / second;
  if (seconds < 60)
    return seconds >= 1 && Number.isInteger(seconds) && 60 % seconds === 0
      ? seconds === 1
        ? "*:*:*"
        : `*:*:0/${seconds}`
      : null;
  const minutes = seconds / 60;
  if (minutes < 60)
    return Number.isInteger(minutes) && 60 % minutes === 0
      ? minutes === 1
        ? "*:*:00"
        : `*:0/${minutes}:00`
      : null;
  const hours = minutes / 60;
  if (hours <= 24 && Number.isInteger(hours) && 24 % hours === 0)
    return hours === 24 ? "*-*-* 00:00:00" : hours === 1 ? "*:00:00" : `0/${hours}:00:00`;
  return null;
}

export const jobTimeout = (job: JobSpec): Duration => job.timeout ?? durationOf(3600 * second);

export const latePolicyOf = (job: JobSpec): LateSpec =>
  job.late ?? { kind: "refuse", after: durationOf(900 * second) };

export const expectedBand = (job: JobSpec): Band | null => job.expect ?? null;

export const unsurePolicy = (job: JobSpec): "refuse" | "run" =>
  job["if-unsure"] ?? (job.critical ? "refuse" : "run");

export function needsOf(job: JobSpec): readonly string[] {
  return job.needs === undefined ? [] : typeof job.needs === "string" ? [job.needs] : job.needs;
}
