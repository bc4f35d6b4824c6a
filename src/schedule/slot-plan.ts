import { microsPerSecond, type CalendarExpression, type Field } from "./calendar-expression.ts";
import { dayNumber, daysInMonth, weekdayOf } from "./civil.ts";

/** What an expression means while clocks are not changed: which days, and which times of each. */
export type SlotPlan = {
  /** One bit for each day of the month that has slots, that of the 1st being bit 1. */
  readonly daysOf: (year: number, month: number) => number;
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly micros: readonly number[];
  /** So many seconds before a change of clocks the search for the next slot may already look beyond it. */
  readonly looksAhead: number;
  /** At the end of which unit of time systemd may skip slots; null for never. */
  readonly stumblesAt: "hour" | "day" | "month" | "year" | null;
};

const maxPerMinute = 6000;
const hour = 3600;
const day = 24 * hour;

/** null where times cannot be listed: more than 100 a second, or a kind of time named that the clock may not have. */
export function makeSlotPlan(expression: CalendarExpression): SlotPlan | null {
  if (expression.abbreviation) return null;
  if (expression.micros.some(({ step }) => step > 0 && step < 10_000)) return null;
  const micros = valuesOf(expression.micros, 0, 59_999_999);
  if (micros.length > maxPerMinute) return null;
  return {
    daysOf: (year, month) => daysOf(expression, year, month),
    hours: valuesOf(expression.hour, 0, 23),
    minutes: valuesOf(expression.minute, 0, 59),
    micros,
    looksAhead: lookAhead(expression),
    stumblesAt: stumblesAt(expression),
  };
}

/**
 * systemd before 260 tries the value behind the last one of a step without an end, comes to the next minute, hour and so on, and resets one field
 * there: `*:0/25` tries 23:75, goes on at 00:15, and the slot at 00:00 is lost (github.com/systemd/systemd/issues/40260).
 */
function stumblesAt({ micros, minute, hour: hours, day: days }: CalendarExpression): SlotPlan["stumblesAt"] {
  if (overshoots(micros, 60 * microsPerSecond)) return "hour";
  if (overshoots(minute, 60)) return "day";
  if (overshoots(hours, 24)) return "month";
  return [28, 29, 30, 31].some((length) => overshoots(days, length)) ? "year" : null;
}

/** Whether the value tried behind the last one lies, a turn later, behind the first one. */
function overshoots(field: Field, size: number): boolean {
  const first = Math.min(...field.map(({ start }) => start));
  return field.some(({ start, stop, step }) => {
    if (step === 0 || stop !== null) return false;
    const beyond = start + step * Math.ceil((size - start) / step);
    return beyond - size > first;
  });
}

/** A step without an end is tried once past the last value, so a search may come to the next day, month or year. */
function lookAhead({ month, day: days, fromMonthEnd, hour: hours }: CalendarExpression): number {
  const isOpen = (field: Field) => field.some(({ step, stop }) => step > 0 && stop === null);
  if (isOpen(month)) return Infinity;
  if (fromMonthEnd || isOpen(days)) return 70 * day;
  if (days.length > 0) return 5 * day;
  return isOpen(hours) ? 2 * day : 3 * hour;
}

function daysOf(expression: CalendarExpression, year: number, month: number): number {
  if (!matches(expression.year, year) || !matches(expression.month, month)) return 0;
  const { weekdays } = expression;
  const length = daysInMonth(year, month);
  const first = dayNumber(year, month, 1);
  const dayField = expression.fromMonthEnd ? fromStart(expression.day, length) : expression.day;
  let bits = 0;
  for (let date = 1; date <= length; date++) {
    if (weekdays !== null && !(weekdays & (1 << weekdayOf(first + date - 1)))) continue;
    if (matches(dayField, date)) bits |= 1 << date;
  }
  return bits;
}

/** Days counted from the end of a month as days counted from its start; steps go up all the same. */
function fromStart(field: Field, length: number): Field {
  return field.map(({ start, stop, step }) =>
    stop === null
      ? { start: length + 1 - start, stop, step }
      : { start: length + 1 - stop, stop: length + 1 - start, step },
  );
}

function matches(field: Field, value: number): boolean {
  if (field.length === 0) return true;
  return field.some(({ start, stop, step }) => {
    if (step === 0) return value === start;
    return value >= start && (stop === null || value <= stop) && (value - start) % step === 0;
  });
}

function valuesOf(field: Field, lowest: number, highest: number): number[] {
  if (field.length === 0) return Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i);
  const values = new Set<number>();
  for (const { start, stop, step } of field)
    for (let value = start; value <= (stop ?? (step === 0 ? start : highest)); value += step || 1)
      values.add(value);
  return [...values].sort((a, b) => a - b);
}
