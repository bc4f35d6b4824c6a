import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  dayNumber,
  dayOf,
  formatDay,
  lastWeekday,
  nthWeekday,
  parseIsoDate,
  weekday,
  yearOf,
} from "./iso-date.ts";

const year = fc.integer({ min: 1000, max: 9999 });
const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, "0"));

test("the dates that Temporal takes, and the same weekdays and years", () => {
  fc.assert(
    fc.property(year, two(14), two(33), (y, month, day) => {
      const text = `${y}-${month}-${day}`;
      const date = temporalDate(text);
      expect(parseIsoDate(text).ok).toBe(date !== undefined);
      if (!date) return;
      const number = dayNumber(text);
      expect(formatDay(number)).toBe(text);
      expect(weekday(number)).toBe(date.dayOfWeek);
      expect(yearOf(number)).toBe(y);
      expect(number).toBe(Temporal.PlainDate.from("1970-01-01").until(date, { largestUnit: "days" }).days);
    }),
    { numRuns: 2000 },
  );
});

test("what is no date gets an example of one", () => {
  expect(parseIsoDate("24.12.2026")).toEqual({
    ok: false,
    expected: "a date that exists, such as 2026-12-24",
  });
});

test("the nth and the last of a weekday are in their month, on that weekday", () => {
  const month = fc.integer({ min: 1, max: 12 });
  const wanted = fc.integer({ min: 1, max: 7 });
  fc.assert(
    fc.property(year, month, wanted, fc.integer({ min: 1, max: 4 }), (y, m, day, nth) => {
      const found = nthWeekday(y, m, day, nth);
      expect(weekday(found)).toBe(day);
      expect(Math.ceil((found - dayOf(y, m, 1) + 1) / 7)).toBe(nth);
      const last = lastWeekday(y, m, day);
      expect(weekday(last)).toBe(day);
      expect(last).toBeLessThan(dayOf(y, m + 1, 1));
      expect(last + 7).toBeGreaterThanOrEqual(dayOf(y, m + 1, 1));
    }),
  );
});

function temporalDate(text: string): Temporal.PlainDate | undefined {
  try {
    return Temporal.PlainDate.from(text);
  } catch {
    return undefined;
  }
}
