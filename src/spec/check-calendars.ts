import type { TradingCalendar } from "../calendar/calendar.ts";
import { calendarNames, findCalendar } from "../calendar/find-calendar.ts";
import { parseIsoDate } from "../calendar/iso-date.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";
import type { Path } from "./tree.ts";

const enough = 60;
/** What people call them who do not know their ISO codes. */
const otherNames: Readonly<Record<string, string>> = {
  NYSE: "XNYS",
  NASDAQ: "XNAS",
  LSE: "XLON",
  XETRA: "XETR",
  TSE: "XTKS",
  JPX: "XTKS",
  crypto: "24x7",
  "holidays-UK": "holidays-GB",
};

/** Checks the names of calendars, the dates declared on top of them, and that their data reach far enough. */
export function checkCalendars(spec: Spec, now: number | null): Diagnostic[] {
  const declared = Object.keys(spec.calendars ?? {});
  return [
    ...declared.flatMap((name) => checkDeclared(spec, name)),
    ...usesOf(spec).flatMap(({ name, at }) => checkName(spec, name, at, declared)),
    ...(now === null ? [] : checkReach(spec, now)),
  ];
}

/** Where a calendar is named, in the order of the file. */
function usesOf(spec: Spec): { name: string; at: Path }[] {
  return [
    ...(spec.calendar === undefined ? [] : [{ name: spec.calendar, at: ["calendar"] }]),
    ...Object.entries(spec.jobs).flatMap(([job, { calendar }]) =>
      calendar === undefined ? [] : [{ name: calendar, at: ["jobs", job, "calendar"] }],
    ),
    ...Object.entries(spec.windows ?? {}).flatMap(([window, { calendar }]) =>
      calendar === undefined ? [] : [{ name: calendar, at: ["windows", window, "calendar"] }],
    ),
  ];
}

function checkName(spec: Spec, name: string, at: Path, declared: readonly string[]): Diagnostic[] {
  const known = [...declared, ...calendarNames()];
  if (known.includes(name)) return [];
  const near = Object.hasOwn(otherNames, name) ? otherNames[name] : nearest(name, known);
  return [
    {
      severity: "error",
      code: "spec/unknown-calendar",
      summary: `Cannot find a calendar named "${name}"`,
      at: spec.placeOf(at),
      detail: `there are ${known.join(", ")}`,
      fix: near === undefined ? "declare it: see holdfast explain calendars" : `${at.at(-1)}: ${near}`,
    },
  ];
}

function checkDeclared(spec: Spec, name: string): Diagnostic[] {
  const { base = "weekdays", closed = [], half = {} } = spec.calendars![name]!;
  const path: Path = ["calendars", name];
  const dates = [
    ...closed.map((date, index) => ({ date, at: spec.placeOf([...path, "closed", index]) })),
    ...Object.keys(half).map((date) => ({ date, at: spec.placeOf([...path, "half", date], "key") })),
  ];
  const found = [
    ...checkName(spec, base, [...path, "base"], []),
    ...dates
      .filter(({ date }) => !parseIsoDate(date).ok)
      .map(({ date, at }): Diagnostic => ({
        severity: "error",
        code: "spec/bad-date",
        summary: `Cannot use ${date} in calendar "${name}": there is no such day`,
        at,
        fix: "a date that exists, such as 2026-12-24",
      })),
    ...Object.entries(half)
      .filter(([, closes]) => !/^([01]\d|2[0-3]):[0-5]\d$/.test(closes))
      .map(([date, closes]): Diagnostic => ({
        severity: "error",
        code: "spec/bad-time",
        summary: `Cannot close at "${closes}" on ${date} in calendar "${name}"`,
        at: spec.placeOf([...path, "half", date]),
        detail: "expected a time from 00:00 to 23:59",
        fix: `"13:00"`,
      })),
    ...closed
      .filter((date) => Object.hasOwn(half, date))
      .map((date): Diagnostic => ({
        severity: "error",
        code: "spec/day-stands-twice",
        summary: `Cannot make ${date} both closed and a half day in calendar "${name}"`,
        at: spec.placeOf([...path, "half", date], "key"),
        related: [{ at: spec.placeOf([...path, "closed", closed.indexOf(date)]), note: "closed" }],
        fix: "remove one of the two",
      })),
  ];
  if (found.length > 0) return found;
  const under = findCalendar({ base, closed: [], half: {} })!;
  return Object.keys(half).flatMap((date): Diagnostic[] => {
    const day = under.day(date);
    if (day.open !== false) return [];
    return [
      {
        severity: "warning",
        code: "spec/half-day-opens",
        summary: `calendar "${name}" opens on ${date}, when ${base} is closed: ${day.why}`,
        at: spec.placeOf([...path, "half", date], "key"),
        fix: "remove the day, if that is not meant",
      },
    ];
  });
}

/** A calendar past its data answers "unknown", and then jobs stop or run unchecked: say it in time. */
function checkReach(spec: Spec, now: number): Diagnostic[] {
  const said = new Set<string>();
  const today = isoDate(now);
  return usesOf(spec).flatMap(({ name, at }): Diagnostic[] => {
    const base = spec.calendars?.[name]?.base ?? (spec.calendars?.[name] ? "weekdays" : name);
    const calendar = findCalendar({ base, closed: [], half: {} });
    if (!calendar || said.has(base)) return [];
    said.add(base);
    const ends = calendar.validUntil;
    if (today >= calendar.validFrom && isoDate(now + enough * 86_400_000) <= ends) return [];
    return [describeReach(spec, base, calendar, today, at)];
  });
}

function describeReach(
  spec: Spec,
  base: string,
  { validFrom, validUntil }: TradingCalendar,
  today: string,
  at: Path,
): Diagnostic {
  const past = today > validUntil || today < validFrom;
  return {
    severity: "warning",
    code: past ? "spec/calendar-has-ended" : "spec/calendar-ends-soon",
    summary: past
      ? `calendar ${base} does not know today (${today}): its data are from ${validFrom} to ${validUntil}`
      : `calendar ${base} ends soon: its data reach to ${validUntil}`,
    at: spec.placeOf(at),
    detail:
      at[0] === "windows"
        ? "on a day it does not know, nobody can tell whether checks are to be made, and nothing is healed"
        : "on a day it does not know, critical jobs refuse to run; others run unless if-unsure says refuse",
    fix: "install a newer Holdfast, or declare the days in calendars",
  };
}

function isoDate(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10);
}
