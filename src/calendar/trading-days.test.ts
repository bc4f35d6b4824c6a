import * as fc from "fast-check";
import { expect, test } from "vitest";
import { dayNumber, formatDay } from "./iso-date.ts";
import { knownCalendars, tradingCalendar } from "./known-calendars.ts";
import { listedCalendar } from "./listed-calendar.ts";
import { nextTradingDay, previousTradingDay, specialDaysBetween, tradingDayOf } from "./trading-days.ts";

test.each<[string, string, string | undefined, string | undefined]>([
  ["XNYS", "2026-11-25", "2026-11-24", "2026-11-27"],
  ["XNYS", "2026-11-26", "2026-11-25", "2026-11-27"],
  ["XTKS", "2019-04-30", "2019-04-26", "2019-05-07"],
  ["XETR", "2026-12-31", "2026-12-30", "2027-01-04"],
  ["XNYS", "2028-12-29", "2028-12-28", undefined],
  ["XNYS", "2015-01-02", undefined, "2015-01-05"],
  ["XNYS", "2031-05-05", undefined, undefined],
  ["24x7", "9999-12-31", "9999-12-30", undefined],
  ["weekdays", "1000-01-01", undefined, "1000-01-02"],
])("%s around %s: %s and %s", (name, date, before, after) => {
  const calendar = tradingCalendar(name)!;
  expect(previousTradingDay(calendar, date)).toBe(before);
  expect(nextTradingDay(calendar, date)).toBe(after);
  expect(nextTradingDay(calendar, Temporal.PlainDate.from(date))).toBe(after);
});

test("no open day lies between a day and the next trading day, and the way back leads to the same", () => {
  const day = fc.integer({ min: dayNumber("2015-02-01"), max: dayNumber("2027-11-30") });
  fc.assert(
    fc.property(fc.constantFrom(...knownCalendars()), day, (name, at) => {
      const calendar = tradingCalendar(name)!;
      const next = nextTradingDay(calendar, formatDay(at))!;
      for (let between = at + 1; between < dayNumber(next); between++)
        expect(calendar.day(formatDay(between)).open).toBe(false);
      expect(calendar.day(next).open).toBe(true);
      if (calendar.day(formatDay(at)).open === true)
        expect(previousTradingDay(calendar, next)).toBe(formatDay(at));
    }),
  );
});

test("a listed day past the data of its exchange does not carry a search over what is unknown", () => {
  const calendar = listedCalendar(tradingCalendar("XNYS"), {
    closed: ["2029-01-01"],
    half: { "2029-01-03": "13:00" },
  });
  expect(nextTradingDay(calendar, "2028-12-29")).toBeUndefined();
});

test.each<[string, string | null, string]>([
  ["2026-11-27T02:30:00Z", "America/New_York", "2026-11-26"],
  ["2026-11-27T02:30:00Z", "Asia/Tokyo", "2026-11-27"],
  ["2026-11-26T23:59:59.999Z", null, "2026-11-26"],
  // The hour that happens twice, and the one that does not happen, belong to their own day.
  ["2026-11-01T05:30:00Z", "America/New_York", "2026-11-01"],
  ["2026-03-08T07:30:00Z", "America/New_York", "2026-03-08"],
  // Midnight did not happen on this day in Beirut's spring of 2022: the clock went from 23:59:59 to 01:00.
  ["2022-03-26T22:00:00Z", "Asia/Beirut", "2022-03-27"],
])("%s in %s is %s", (instant, zone, date) => {
  expect(tradingDayOf(Temporal.Instant.from(instant), zone)).toBe(date);
});

test("what is special in a quarter, and that its end is unknown", () => {
  const days = (from: string, until: string) =>
    [...specialDaysBetween(tradingCalendar("XNYS")!, from, until)].map(
      ({ date, day }) => `${date} ${day.open}`,
    );
  expect(days("2026-10-01", "2026-12-31")).toEqual([
    "2026-11-26 false",
    "2026-11-27 true",
    "2026-12-24 true",
    "2026-12-25 false",
  ]);
  expect(days("2028-12-30", "2029-01-01")).toEqual(["2029-01-01 unknown"]);
  expect(days("2026-12-31", "2026-01-01")).toEqual([]);
});
