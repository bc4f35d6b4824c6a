import type { Day, TradingCalendar } from "./calendar.ts";
import { dayNumber, isWeekend, yearOf, type DayNumber } from "./iso-date.ts";
import type { SpecialDay } from "./special-day.ts";

export type CalendarRules = Omit<TradingCalendar, "day"> & {
  /** May also return days of neighbouring years, where a holiday moves over New Year: they are never asked for. */
  readonly specialDays: (year: number) => Iterable<SpecialDay>;
};

const openAllDay: Day = { open: true };
const weekend: Day = { open: false, why: "weekend" };

/** A calendar of weekdays with exceptions by rule. Each year is worked out once, when it is first asked for. */
export function ruleCalendar({ specialDays, ...about }: CalendarRules): TradingCalendar {
  const first = dayNumber(about.validFrom);
  const last = dayNumber(about.validUntil);
  const years = new Map<number, ReadonlyMap<DayNumber, Day>>();

  function specialDaysOf(year: number): ReadonlyMap<DayNumber, Day> {
    let days = years.get(year);
    if (!days) years.set(year, (days = new Map(specialDays(year))));
    return days;
  }

  return {
    ...about,
    day(date) {
      const day = dayNumber(date);
      if (day < first) return { open: "unknown", why: `${about.name} is known from ${about.validFrom}` };
      if (day > last) return { open: "unknown", why: `${about.name} is known until ${about.validUntil}` };
      if (isWeekend(day)) return weekend;
      return specialDaysOf(yearOf(day)).get(day) ?? openAllDay;
    },
  };
}
