import { microsPerSecond, type CalendarExpression, type Field } from "./calendar-expression.ts";

export type Fields = Omit<CalendarExpression, "zone" | "abbreviation">;

export function only(...values: number[]): Field {
  return values.map((start) => ({ start, stop: null, step: 0 }));
}

export const everySecond: Field = [{ start: 0, stop: null, step: microsPerSecond }];

const zero = only(0);
const minutely: Fields = {
  weekdays: null,
  year: [],
  month: [],
  day: [],
  fromMonthEnd: false,
  hour: [],
  minute: [],
  micros: zero,
};
const hourly = { ...minutely, minute: zero };
const daily = { ...hourly, hour: zero };
const monthly = { ...daily, day: only(1) };
const yearly = { ...monthly, month: only(1) };
const twiceAYear = { ...monthly, month: only(1, 7) };

/** The words systemd takes for a whole expression, with its old spellings; all in lower case. */
export const shorthands: ReadonlyMap<string, Fields> = new Map([
  ["minutely", minutely],
  ["hourly", hourly],
  ["daily", daily],
  ["weekly", { ...daily, weekdays: 1 }],
  ["monthly", monthly],
  ["quarterly", { ...monthly, month: only(1, 4, 7, 10) }],
  ["biannually", twiceAYear],
  ["bi-annually", twiceAYear],
  ["semiannually", twiceAYear],
  ["semi-annually", twiceAYear],
  ["yearly", yearly],
  ["annually", yearly],
  ["anually", yearly],
]);
