import type { Day, TradingCalendar } from "./calendar.ts";
import { dayNumber, formatDay, isWeekend, parseIsoDate, type IsoDate } from "./iso-date.ts";

/** The first open day after `date`; undefined when the calendar's data end before one comes. */
export function nextTradingDay(
  calendar: TradingCalendar,
  date: Temporal.PlainDate | IsoDate,
): IsoDate | undefined {
  return openDayFrom(calendar, dayNumber(date) + 1, 1);
}

/** The last open day before `date`; undefined when the calendar's data do not reach back to one. */
export function previousTradingDay(
  calendar: TradingCalendar,
  date: Temporal.PlainDate | IsoDate,
): IsoDate | undefined {
  return openDayFrom(calendar, dayNumber(date) - 1, -1);
}

/** The date on which an instant falls where the market is; by UTC for a calendar without a zone of its own. */
export function tradingDayOf(instant: Temporal.Instant, zone: string | null): IsoDate {
  return instant
    .toZonedDateTimeISO(zone ?? "UTC")
    .toPlainDate()
    .toString();
}

/** Holidays, half days and days past the data, both ends included: what to look at before a quarter begins. */
export function* specialDaysBetween(
  calendar: TradingCalendar,
  from: IsoDate,
  until: IsoDate,
): Generator<{ date: IsoDate; day: Day }> {
  for (let at = dayNumber(from); at <= dayNumber(until); at++) {
    const date = formatDay(at);
    const day = calendar.day(date);
    const ordinary = day.open === true ? day.closes === undefined : day.open === false && isWeekend(at);
    if (!ordinary) yield { date, day };
  }
}

function openDayFrom(calendar: TradingCalendar, start: number, step: 1 | -1): IsoDate | undefined {
  for (let at = start; ; at += step) {
    const date = formatDay(at);
    if (!parseIsoDate(date).ok) return undefined;
    const { open } = calendar.day(date);
    if (open === true) return date;
    if (open === "unknown") return undefined;
  }
}
