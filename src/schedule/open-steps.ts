import type { CalendarExpression, Field } from "./calendar-expression.ts";
import { compareRanges, countFromStart, matches } from "./field.ts";

type Unit = "hour" | "day" | "month" | "year";

const maxMicros = 59_999_999;

/**
 * At the end of which unit of time systemd 252 to 258 may lose slots of this expression; null for never. It tries the value behind the last
 * one of a step without an end, so comes to the next minute, hour and so on, and there resets one field only: `*:0/25` tries 23:75, goes on
 * at 00:15, and the slot at 00:00 is lost (github.com/systemd/systemd/issues/40260).
 */
export function unitLosingSlots(expression: CalendarExpression): Unit | null {
  const { micros, minute, hour, month } = expression;
  const day = expression.fromMonthEnd ? countFromStart(expression.day, 31) : expression.day;
  // Nothing is lost where the first or the last of the next greater unit is left out.
  if (overshoots(micros, 0, maxMicros) && matches(minute, 59) && matches(minute, 0)) return "hour";
  if (overshoots(minute, 0, 59) && matches(hour, 23) && matches(hour, 0)) return "day";
  if (overshoots(hour, 0, 23)) return "month";
  return overshoots(day, 1, 31) && matches(month, 12) && matches(month, 1) ? "year" : null;
}

/** An expression with the same meaning that loses no slots: `*:0/25` becomes `*:0..50/25`. The very same one if nothing is lost. */
export function closeSteps(expression: CalendarExpression): CalendarExpression {
  if (unitLosingSlots(expression) === null) return expression;
  const { day, fromMonthEnd } = expression;
  return {
    ...expression,
    day: fromMonthEnd ? closeBackward(day) : close(day, 1, 31),
    hour: close(expression.hour, 0, 23),
    minute: close(expression.minute, 0, 59),
    micros: close(expression.micros, 0, maxMicros),
  };
}

/** Whether the value tried behind the last one lies, a turn later, behind the first one. */
function overshoots(field: Field, lowest: number, highest: number): boolean {
  const first = Math.min(...field.map(({ start }) => start));
  return field.some(({ start, stop, step }) => {
    if (step === 0 || stop !== null) return false;
    const beyond = start + step * Math.ceil((highest + 1 - start) / step);
    return beyond - (highest + 1 - lowest) > first;
  });
}

function close(field: Field, lowest: number, highest: number): Field {
  if (!overshoots(field, lowest, highest)) return field;
  return field
    .map((range) => {
      const { start, stop, step } = range;
      return step === 0 || stop !== null
        ? range
        : { start, stop: highest - ((highest - start) % step), step };
    })
    .sort(compareRanges);
}

/** The last day of a month has the lowest number. */
function closeBackward(field: Field): Field {
  if (!overshoots(countFromStart(field, 31), 1, 31)) return field;
  return field
    .map((range) => {
      const { start, stop, step } = range;
      if (step === 0 || stop !== null) return range;
      return { start: start - step * Math.floor((start - 1) / step), stop: start, step };
    })
    .sort(compareRanges);
}
