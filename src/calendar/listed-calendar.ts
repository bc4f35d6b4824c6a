import type { Day, TradingCalendar } from "./calendar.ts";
import { weekdays } from "./every-day.ts";
import { dayNumber, type DayNumber } from "./iso-date.ts";

export type ListedDays = {
  readonly closed: readonly string[];
  /** Date to closing time: { "2026-12-24": "13:00" }. */
  readonly half: Readonly<Record<string, string>>;
};

/**
 * Days that a user declares, on top of another calendar or of Monday to Friday. What is listed wins, also where the
 * other calendar is closed or knows nothing any more.
 */
export function listedCalendar(
  base: TradingCalendar | undefined,
  { closed, half }: ListedDays,
): TradingCalendar {
  const under = base ?? weekdays;
  const listed = new Map<DayNumber, Day>();
  for (const [date, closes] of Object.entries(half)) listed.set(dayNumber(date), halfDayUntil(closes, date));
  for (const date of closed) {
    if (Object.hasOwn(half, date)) throw new RangeError(`${date} is listed as closed and as a half day`);
    listed.set(dayNumber(date), { open: false, why: "listed" });
  }
  return {
    ...under,
    name: `${under.name} with listed days`,
    source: `${under.source}; ${listed.size} listed ${listed.size === 1 ? "day" : "days"}`,
    day: (date) => listed.get(dayNumber(date)) ?? under.day(date),
  };
}

function halfDayUntil(closes: string, date: string): Day {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(closes))
    throw new RangeError(
      `Cannot read the time "${closes}" for ${date}: expected hours and minutes, such as 13:00`,
    );
  return { open: true, closes, note: "listed" };
}
