import type { CalendarExpression, Field } from "./calendar-expression.ts";
import { dayNumber, daysInMonth, weekdayOf } from "./civil.ts";
import { countFromStart, matches, valuesOf } from "./field.ts";
import { unitLosingSlots } from "./open-steps.ts";

/** What an expression means while clocks are not changed: which days, and which times of each. */
export type SlotPlan = {
  /** One bit for each day of the month that has slots, that of the 1st being bit 1. */
  readonly daysOf: (year: number, month: number) => number;
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly micros: readonly number[];
  /** So many seconds before a change of clocks the search for the next slot may already look beyond it. */
  readonly looksAhead: number;
  /** At the end of which unit of time systemd may lose slots. */
  readonly losesAt: ReturnType<typeof unitLosingSlots>;
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
    losesAt: unitLosingSlots(expression),
  };
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
  const dayField = expression.fromMonthEnd ? countFromStart(expression.day, length) : expression.day;
  let bits = 0;
  for (let date = 1; date <= length; date++) {
    if (weekdays !== null && !(weekdays & (1 << weekdayOf(first + date - 1)))) continue;
    if (matches(dayField, date)) bits |= 1 << date;
  }
  return bits;
}
