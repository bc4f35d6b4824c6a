import type { Day } from "./calendar.ts";
import { dayNumber, isWeekend, weekday, type DayNumber } from "./iso-date.ts";

/** A day on which a calendar is not simply open from Monday to Friday. */
export type SpecialDay = readonly [on: DayNumber, day: Day];

export function holiday(on: DayNumber, why: string): SpecialDay {
  return [on, { open: false, why }];
}

export function halfDay(on: DayNumber, closes: string, note: string): SpecialDay {
  return [on, { open: true, closes, note }];
}

/** As United States law and exchanges move holidays: from Saturday to Friday, from Sunday to Monday. */
export function observedNearby(on: DayNumber, why: string): SpecialDay {
  if (weekday(on) === 6) return holiday(on - 1, `${why} (observed)`);
  if (weekday(on) === 7) return holiday(on + 1, `${why} (observed)`);
  return holiday(on, why);
}

export function weekdayOnOrBefore(on: DayNumber): DayNumber {
  return isWeekend(on) ? on - (weekday(on) - 5) : on;
}

/** Holidays that no rule gives: a funeral, a jubilee, an outage. */
export function holidaysOnce(dates: Readonly<Record<string, string>>, year: number): SpecialDay[] {
  return Object.entries(dates)
    .filter(([date]) => date.startsWith(`${year}-`))
    .map(([date, why]) => holiday(dayNumber(date), why));
}
