import { expect, test } from "vitest";
import { formatCalendar } from "./format-calendar.ts";
import { instantOfMillis } from "./instant.ts";
import { intervalToCalendar } from "./interval.ts";
import { listElapses } from "./elapses.ts";
import { unitLosingSlots } from "./open-steps.ts";
import { parseCalendar } from "./parse-calendar.ts";
import { utc } from "./zone.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [500, "*-*-* *:*:00/0.500000 UTC"],
  [1000, "*-*-* *:*:* UTC"],
  [15_000, "*-*-* *:*:00/15 UTC"],
  [30_000, "*-*-* *:*:00/30 UTC"],
  [minute, "*-*-* *:*:00 UTC"],
  [5 * minute, "*-*-* *:00/5:00 UTC"],
  [15 * minute, "*-*-* *:00/15:00 UTC"],
  [hour, "*-*-* *:00:00 UTC"],
  [6 * hour, "*-*-* 00/6:00:00 UTC"],
  [12 * hour, "*-*-* 00/12:00:00 UTC"],
  [day, "*-*-* 00:00:00 UTC"],
  [7 * day, "Mon *-*-* 00:00:00 UTC"],
])("every %d ms is %s", (every, text) => {
  expect(intervalToCalendar(every)).toBe(text);
  const parsed = parseCalendar(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  expect(formatCalendar(parsed.value)).toBe(text);
  expect(unitLosingSlots(parsed.value)).toBe(null);
  const found = listElapses(parsed.value, instantOfMillis(0), instantOfMillis(40 * day), utc, 3000);
  const gaps = new Set(found.slice(1).map((instant, i) => (instant - found[i]!) / 1000));
  expect([...gaps]).toEqual([every]);
});

test.each([
  0,
  -1,
  0.5,
  7000,
  45_000,
  90_000,
  7 * minute,
  25 * minute,
  90 * minute,
  5 * hour,
  2 * day,
  30 * day,
])("every %d ms comes out even with no clock", (every) => expect(intervalToCalendar(every)).toBe(null));
