import type { TradingCalendar } from "./calendar.ts";
import { aroundTheClock, weekdays } from "./every-day.ts";
import { germany, xetra } from "./germany.ts";
import { japan, tokyo } from "./japan.ts";
import { london, unitedKingdom } from "./united-kingdom.ts";
import { nasdaq, newYork, unitedStates } from "./united-states.ts";

const markets = byName([newYork, nasdaq, london, xetra, tokyo, aroundTheClock, weekdays]);
const countries = byName([unitedStates, unitedKingdom, germany, japan]);

/** A market by its ISO 10383 code, or "24x7" or "weekdays"; undefined for a name that is not shipped. */
export function tradingCalendar(name: string): TradingCalendar | undefined {
  return markets.get(name);
}

/** A country's working days by its ISO 3166 code: federal, national, or England's for GB. */
export function countryHolidays(code: string): TradingCalendar | undefined {
  return countries.get(code);
}

export function knownCalendars(): readonly string[] {
  return [...markets.keys()];
}

export function knownCountries(): readonly string[] {
  return [...countries.keys()];
}

function byName(calendars: readonly TradingCalendar[]): ReadonlyMap<string, TradingCalendar> {
  return new Map(calendars.map((calendar) => [calendar.name, calendar]));
}
