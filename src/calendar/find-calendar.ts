import type { TradingCalendar } from "./calendar.ts";
import { countryHolidays, knownCalendars, knownCountries, tradingCalendar } from "./known-calendars.ts";
import { listedCalendar } from "./listed-calendar.ts";

/** A calendar as a spec means it: a known one by name, with dates declared on top of it. */
export type CalendarRule = {
  base: string;
  closed: readonly string[];
  half: Readonly<Record<string, string>>;
};

/** The calendar of a rule; undefined when nobody knows its name. */
export function findCalendar({ base, closed, half }: CalendarRule): TradingCalendar | undefined {
  const known = base.startsWith("holidays-")
    ? countryHolidays(base.slice("holidays-".length))
    : tradingCalendar(base);
  if (!known || (closed.length === 0 && Object.keys(half).length === 0)) return known;
  return listedCalendar(known, { closed, half });
}

/** Every name that findCalendar takes as a base. */
export function calendarNames(): string[] {
  return [...knownCalendars(), ...knownCountries().map((code) => `holidays-${code}`)];
}
