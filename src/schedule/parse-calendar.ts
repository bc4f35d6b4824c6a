import {
  everyDay,
  firstYear,
  lastYear,
  microsPerSecond,
  type CalendarExpression,
} from "./calendar-expression.ts";
import { setWallSeconds, type CivilTime } from "./civil.ts";
import { checkField, parseField, type WrittenField } from "./parse-field.ts";
import { makeScanner, Misread, type Scanner } from "./scanner.ts";
import { only, shorthands, type Fields } from "./shorthands.ts";
import { parseWeekdays } from "./parse-weekdays.ts";
import { splitZone, type ZoneLookup } from "./split-zone.ts";
import { utc } from "./zone.ts";

export type ParsedCalendar =
  | { readonly ok: true; readonly value: CalendarExpression }
  | { readonly ok: false; readonly at: number; readonly expected: string };

type Date = Pick<Fields, "year" | "month" | "day" | "fromMonthEnd">;
type Time = Pick<Fields, "hour" | "minute" | "micros">;

const anyDate: Date = { year: [], month: [], day: [], fromMonthEnd: false };
const midnight: Time = { hour: only(0), minute: only(0), micros: only(0) };

/** Reads a calendar event expression, systemd.time(7), taking and refusing what systemd 252 does; `at` is where it went wrong. */
export function parseCalendar(text: string, zones?: ZoneLookup): ParsedCalendar {
  const { rest, zone, abbreviation } = splitZone(text, zones);
  try {
    const fields = parseFields(rest);
    return { ok: true, value: { zone, abbreviation, ...fields } };
  } catch (error) {
    if (error instanceof Misread) return { ok: false, at: error.at, expected: error.expected };
    throw error;
  }
}

function parseFields(text: string): Fields | CalendarExpression {
  if (text === "") throw new Misread(0, "a date, a time, or a word such as daily");
  const shorthand = shorthands.get(text.toLowerCase());
  if (shorthand) return shorthand;
  const scanner = makeScanner(text);
  const bits = parseWeekdays(scanner);
  const weekdays = bits === 0 || bits === everyDay ? null : bits;
  const fields = scanner.take("@")
    ? parseTimestamp(scanner)
    : { ...parseDate(scanner), ...parseTime(scanner) };
  if (!scanner.isAtEnd()) throw new Misread(scanner.at, "the end, or a time zone such as Europe/Berlin");
  return { weekdays, ...fields };
}

/** Seconds since 1970 as in `@86400`: one moment, in UTC whatever zone is named. Read as strtoul(3) does, sign and all. */
function parseTimestamp(scanner: Scanner): Date & Time & Pick<CalendarExpression, "zone" | "abbreviation"> {
  const at = scanner.at;
  const number = scanner.match(/[ \t-\r]*[+-]?\d+/y)?.trim();
  const seconds = number === undefined ? 0n : BigInt(number.replace("+", ""));
  if (number === undefined || seconds >= 2n ** 64n || seconds <= -(2n ** 64n))
    throw new Misread(at, "seconds since 1970 such as @86400");
  const value = Number(BigInt.asIntN(64, seconds));
  const civil: CivilTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, daylight: null };
  setWallSeconds(civil, value);
  if (civil.year < firstYear || civil.year > lastYear)
    throw new Misread(at, "a time in the years 1970 to 2199");
  return {
    year: only(civil.year),
    month: only(civil.month),
    day: only(civil.day),
    fromMonthEnd: false,
    hour: only(civil.hour),
    minute: only(civil.minute),
    micros: only(civil.second * microsPerSecond),
    zone: utc,
    abbreviation: null,
  };
}

/** A date, or nothing consumed where what comes is a time. */
function parseDate(scanner: Scanner): Date {
  const begin = scanner.at;
  if (scanner.isAtEnd()) return anyDate;
  const first = parseField(scanner);
  if (scanner.isAtEnd() || scanner.isAt(/:/y)) {
    scanner.at = begin;
    return anyDate;
  }
  let fromMonthEnd = parseSeparator(scanner);
  const second = parseField(scanner);
  if (scanner.match(/$| +/y) !== null) return checkDate({ ranges: [] }, first, second, fromMonthEnd);
  if (fromMonthEnd) throw new Misread(scanner.at, "a space or the end: ~ goes before the day, which is last");
  fromMonthEnd = parseSeparator(scanner);
  const third = parseField(scanner);
  if (scanner.match(/$| +/y) === null) throw new Misread(scanner.at, "a space or the end of the date");
  return checkDate(first, second, third, fromMonthEnd);
}

function parseSeparator(scanner: Scanner): boolean {
  if (scanner.take("~")) return true;
  if (scanner.take("-")) return false;
  throw new Misread(scanner.at, "- or ~ in a date, or : in a time");
}

function checkDate(year: WrittenField, month: WrittenField, day: WrittenField, fromMonthEnd: boolean): Date {
  return {
    year: checkField("year", year),
    month: checkField("month", month),
    day: checkField(fromMonthEnd ? "day from the end" : "day", day),
    // With any day of the month there is nothing to count.
    fromMonthEnd: fromMonthEnd && day.ranges.length > 0,
  };
}

function parseTime(scanner: Scanner): Time {
  if (scanner.isAtEnd()) return midnight;
  const hour = parseField(scanner);
  if (!scanner.take(":")) throw new Misread(scanner.at, ": and minutes");
  const minute = parseField(scanner);
  let second: WrittenField | null = null;
  if (scanner.take(":")) second = parseField(scanner, true);
  if (!scanner.isAtEnd()) throw new Misread(scanner.at, "the end of the time");
  return {
    hour: checkField("hour", hour),
    minute: checkField("minute", minute),
    micros: second === null ? only(0) : checkField("second", second),
  };
}
