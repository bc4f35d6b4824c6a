import type { TradingCalendar } from "../calendar/calendar.ts";
import { findCalendar } from "../calendar/find-calendar.ts";
import type { JobRule } from "../plan/job-rule.ts";
import type { GateInput } from "./decide.ts";

/** The calendar of a rule, with the dates declared on top of it; null when any day will do, undefined when nobody knows its name. */
export function calendarOf(calendar: JobRule["calendar"]): TradingCalendar | null | undefined {
  return calendar === null ? null : findCalendar(calendar);
}

/** Is a trading day open for this job? */
export function openDay(rule: Pick<JobRule, "calendar">, date: string): GateInput["day"] {
  const calendar = calendarOf(rule.calendar);
  if (calendar === null) return { open: true };
  if (calendar === undefined)
    return { open: "unknown", why: `there is no calendar named ${rule.calendar!.base}` };
  const day = calendar.day(date);
  if (day.open === true) return { open: true };
  return day.open === false ? { open: false, why: day.why } : { open: "unknown", why: day.why };
}
