/// <reference lib="esnext.temporal" />
import { notParsed, parsed, type Parsed } from "../value/parsed.ts";

/** A date as "YYYY-MM-DD". Text, so that a gate can ask a calendar without loading Temporal. */
export type IsoDate = string;

/** Days since 1970-01-01: weekdays and distances become plain arithmetic, without zones. */
export type DayNumber = number;

const millisPerDay = 86_400_000;

/** Four digits from 1000 on: JavaScript takes the years before 100 for those of the 20th century. */
export const [firstDate, lastDate]: readonly [IsoDate, IsoDate] = ["1000-01-01", "9999-12-31"];

export function parseIsoDate(text: string): Parsed<IsoDate> {
  return readDay(text) === undefined ? notParsed("a date that exists, such as 2026-12-24") : parsed(text);
}

/** Throws on what is no date: whoever reads dates from a user has called parseIsoDate. */
export function dayNumber(date: Temporal.PlainDate | IsoDate): DayNumber {
  const text = typeof date === "string" ? date : date.toString({ calendarName: "never" });
  const day = readDay(text);
  if (day === undefined) throw new RangeError(`Cannot read the date "${text}"`);
  return day;
}

export function formatDay(day: DayNumber): IsoDate {
  return new Date(day * millisPerDay).toISOString().slice(0, 10);
}

export function yearOf(day: DayNumber): number {
  return new Date(day * millisPerDay).getUTCFullYear();
}

/** Months and weekdays count from 1, weekdays from Monday, as in ISO 8601. */
export function dayOf(year: number, month: number, day: number): DayNumber {
  return Date.UTC(year, month - 1, day) / millisPerDay;
}

export function weekday(day: DayNumber): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

export function isWeekend(day: DayNumber): boolean {
  return weekday(day) >= 6;
}

export function nthWeekday(year: number, month: number, wanted: number, nth: number): DayNumber {
  const first = dayOf(year, month, 1);
  return first + ((wanted - weekday(first) + 7) % 7) + (nth - 1) * 7;
}

export function lastWeekday(year: number, month: number, wanted: number): DayNumber {
  const last = dayOf(year, month + 1, 0);
  return last - ((weekday(last) - wanted + 7) % 7);
}

function readDay(text: string): DayNumber | undefined {
  if (!/^[1-9]\d{3}-\d{2}-\d{2}$/.test(text)) return undefined;
  const month = Number(text.slice(5, 7));
  const day = dayOf(Number(text.slice(0, 4)), month, Number(text.slice(8)));
  // 30 February has become 2 March.
  const date = new Date(day * millisPerDay);
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === Number(text.slice(8)) ? day : undefined;
}
