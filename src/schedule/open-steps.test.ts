import { expect, test } from "vitest";
import { listElapses } from "./elapses.ts";
import { formatCalendar } from "./format-calendar.ts";
import { instantOfMillis } from "./instant.ts";
import { closeSteps, unitLosingSlots } from "./open-steps.ts";
import { parseCalendar } from "./parse-calendar.ts";
import { utc } from "./zone.ts";

function must(text: string) {
  const parsed = parseCalendar(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.expected}`);
  return parsed.value;
}

test.each([
  ["*:0/25", "day", "*-*-* *:00..50/25:00"],
  ["1/5:13", "month", "*-*-* 01..21/5:13:00"],
  ["*-*-1/7", "year", "*-*-01..29/7 00:00:00"],
  ["*-*~28/20", "year", "*-*~08..28/20 00:00:00"],
  ["*:*:0/25", "hour", "*-*-* *:*:00..50/25"],
])("%s loses slots at the end of each %s", (text, unit, closed) => {
  expect(unitLosingSlots(must(text))).toBe(unit);
  expect(formatCalendar(closeSteps(must(text)))).toBe(closed);
  const from = instantOfMillis(Date.UTC(2026, 11, 31));
  const to = instantOfMillis(Date.UTC(2027, 0, 5));
  const open = listElapses(must(text), from, to, utc);
  const whole = new Set(listElapses(must(closed), from, to, utc));
  expect(open.length).toBeLessThan(whole.size);
  expect(open.filter((instant) => !whole.has(instant))).toEqual([]);
});

test.each(["*:0/15", "0/6:00", "*:*:0/10", "*:*:*", "9..17:0/25", "*-02-1/7", "*:0..50/25", "*-1/5-1"])(
  "%s loses none, and stays as it is",
  (text) => {
    const expression = must(text);
    expect(unitLosingSlots(expression)).toBe(null);
    expect(closeSteps(expression)).toBe(expression);
  },
);
