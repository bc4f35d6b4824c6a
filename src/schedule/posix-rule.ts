import { dayNumber, daysInMonth, weekdayOf } from "./civil.ts";

type Date = (year: number) => number;
type Period = { readonly abbreviation: string; readonly offset: number };

/** The rule at the end of a zone file for all years after its table, such as EST5EDT,M3.2.0,M11.1.0; see tzset(3). */
export type PosixRule = {
  readonly standard: Period;
  /** With the moment it begins and ends in a year, in seconds since 1970-01-01 UTC. */
  readonly daylight: (Period & { readonly begin: Date; readonly end: Date }) | null;
};

const name = String.raw`([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)`;
const time = String.raw`([+-]?\d{1,3}(?::\d{1,2}(?::\d{1,2})?)?)`;
const date = String.raw`(J\d{1,3}|\d{1,3}|M\d{1,2}\.\d\.\d)(?:/${time})?`;
const pattern = new RegExp(`^${name}${time}(?:${name}${time}?,${date},${date})?$`);

/** Returns null for what is no such rule. */
export function parsePosixRule(text: string): PosixRule | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, standardName, standardOffset, daylightName, daylightOffset, ...dates] = match;
  const standard = { abbreviation: bare(standardName!), offset: 0 - seconds(standardOffset!) };
  if (daylightName === undefined) return { standard, daylight: null };
  const offset = daylightOffset === undefined ? standard.offset + 3600 : 0 - seconds(daylightOffset);
  const begin = makeDate(dates[0]!, dates[1], standard.offset);
  const end = makeDate(dates[2]!, dates[3], offset);
  return { standard, daylight: { abbreviation: bare(daylightName), offset, begin, end } };
}

function bare(abbreviation: string): string {
  return abbreviation.replace(/^<|>$/g, "");
}

function seconds(clock: string): number {
  const [hours = 0, minutes = 0, rest = 0] = clock.replace(/^[+-]/, "").split(":").map(Number);
  return (clock.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60 + rest);
}

function makeDate(day: string, clock: string | undefined, offset: number): Date {
  const later = seconds(clock ?? "2") - offset;
  return (year) => dayOf(day, year) * 86_400 + later;
}

function dayOf(text: string, year: number): number {
  const newYear = dayNumber(year, 1, 1);
  // J counts from 1 and never counts a leap day; a bare number counts from 0 and does.
  if (text.startsWith("J")) {
    const day = Number(text.slice(1));
    return newYear + day - 1 + (day >= 60 && daysInMonth(year, 2) === 29 ? 1 : 0);
  }
  if (!text.startsWith("M")) return newYear + Number(text);
  const [month = 0, week = 0, sundayBased = 0] = text.slice(1).split(".").map(Number);
  const first = dayNumber(year, month, 1);
  const toWeekday = (((sundayBased + 6) % 7) - weekdayOf(first) + 7) % 7;
  const last = first + daysInMonth(year, month) - 1;
  let day = first + toWeekday + (week - 1) * 7;
  // Week 5 means the last one.
  while (day > last) day -= 7;
  return day;
}
