import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeDay } from "./calendar.ts";
import { dayNumber, formatDay, isWeekend } from "./iso-date.ts";
import { countryHolidays, knownCalendars, knownCountries, tradingCalendar } from "./known-calendars.ts";
import { weekdays } from "./every-day.ts";

const all = [...knownCalendars().map(tradingCalendar), ...knownCountries().map(countryHolidays)].map(
  (calendar) => calendar!,
);
const withData = all.filter(({ validUntil }) => validUntil < "9999");

test("what is shipped, and nothing else", () => {
  expect(knownCalendars()).toEqual(["XNYS", "XNAS", "XLON", "XETR", "XTKS", "24x7", "weekdays"]);
  expect(knownCountries()).toEqual(["US", "GB", "DE", "JP"]);
  for (const name of ["xnys", "XPAR", "", "constructor", "__proto__", "US"])
    expect(tradingCalendar(name)).toBeUndefined();
  for (const code of ["us", "FR", "XNYS"]) expect(countryHolidays(code)).toBeUndefined();
});

describe.each(withData.map((calendar) => [calendar.name, calendar] as const))("%s", (name, calendar) => {
  const [first, last] = [dayNumber(calendar.validFrom), dayNumber(calendar.validUntil)];

  test("answers every day of its data, weekends with closed", () => {
    for (let at = first; at <= last; at++) {
      const day = calendar.day(formatDay(at));
      expect(day.open).toBeTypeOf("boolean");
      if (isWeekend(at)) expect(day).toEqual({ open: false, why: "weekend" });
      if (day.open === false) expect(day.why).not.toBe("");
      if (day.open === true && day.closes !== undefined) expect(day.closes).toMatch(/^1[0-9]:[0-5][05]$/);
    }
  });

  test("guesses nothing beyond its data", () => {
    expect(calendar.day(formatDay(last + 1))).toEqual({
      open: "unknown",
      why: `${name} is known until ${calendar.validUntil}`,
    });
    expect(describeDay(calendar, formatDay(first - 1))).toBe(
      `unknown: ${name} is known from ${calendar.validFrom}`,
    );
    const beyond = fc.oneof(
      fc.integer({ min: dayNumber("1000-01-01"), max: first - 1 }),
      fc.integer({ min: last + 1, max: dayNumber("9999-12-31") }),
    );
    fc.assert(fc.property(beyond, (at) => calendar.day(formatDay(at)).open === "unknown"));
  });

  test("says the same of a day however and whenever it is asked", () => {
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (at) => {
        const date = Temporal.PlainDate.from(formatDay(at));
        expect(calendar.day(date)).toEqual(calendar.day(date.toString()));
        expect(calendar.day(date.withCalendar("japanese"))).toEqual(calendar.day(date.toString()));
      }),
    );
  });

  test("names its source and a zone that exists", () => {
    expect(calendar.source).toMatch(/\w/);
    if (calendar.zone !== null)
      expect(Temporal.Now.zonedDateTimeISO(calendar.zone).timeZoneId).toBe(calendar.zone);
  });
});

test("London keeps England's bank holidays exactly, Tokyo all national holidays and more", () => {
  const [london, gb, tokyo, jp] = [
    tradingCalendar("XLON")!,
    countryHolidays("GB")!,
    tradingCalendar("XTKS")!,
    countryHolidays("JP")!,
  ];
  for (let at = dayNumber("2015-01-01"); at <= dayNumber("2027-12-31"); at++) {
    const date = formatDay(at);
    expect(london.day(date).open).toBe(gb.day(date).open);
    if (jp.day(date).open === false) expect(tokyo.day(date).open).toBe(false);
  }
});

test("24x7 and weekdays are open whenever they say, in any year", () => {
  fc.assert(
    fc.property(fc.integer({ min: dayNumber("1000-01-01"), max: dayNumber("9999-12-31") }), (at) => {
      expect(tradingCalendar("24x7")!.day(formatDay(at))).toEqual({ open: true });
      expect(weekdays.day(formatDay(at)).open).toBe(Temporal.PlainDate.from(formatDay(at)).dayOfWeek <= 5);
    }),
  );
});

test.each<[string, string, string]>([
  ["XNYS", "2026-11-25", "open"],
  ["XNYS", "2026-11-26", "closed: Thanksgiving Day"],
  ["XNYS", "2026-11-27", "half day, closes 13:00 (day after Thanksgiving)"],
  ["XNYS", "2026-11-28", "closed: weekend"],
  ["XNYS", "2026-07-02", "open"],
  ["XNYS", "2026-07-03", "closed: Independence Day (observed)"],
  ["XNYS", "2021-12-31", "open"],
  ["XNYS", "2025-01-09", "closed: National Day of Mourning for Jimmy Carter"],
  ["XNYS", "2029-01-02", "unknown: XNYS is known until 2028-12-31"],
  ["XLON", "2026-12-28", "closed: Boxing Day (substitute)"],
  ["XLON", "2022-12-27", "closed: Christmas Day (substitute)"],
  ["XLON", "2020-05-04", "open"],
  ["XETR", "2022-06-06", "open"],
  ["XETR", "2026-12-30", "half day, closes 14:00 (last trading day of the year)"],
  ["XTKS", "2026-09-22", "closed: Citizens' Holiday"],
  ["XTKS", "2023-01-02", "closed: New Year's Day (substitute)"],
  ["XTKS", "2020-10-01", "closed: no trading all day after a system failure"],
  ["24x7", "2026-12-25", "open"],
  ["weekdays", "2026-12-25", "open"],
])("%s on %s: %s", (name, date, words) => {
  expect(describeDay(tradingCalendar(name)!, date)).toBe(words);
});

test.each([
  "2026-02-30",
  "2025-02-29",
  "2026-00-10",
  "2026-10-00",
  "0026-01-01",
  "2026-2-3",
  "20260203",
  "2026-13-01",
  "tomorrow",
  "",
  "2026-01-01T00:00",
  " 2026-01-01",
])('what is no date is refused, not read as another day: "%s"', (text) => {
  for (const calendar of all) expect(() => calendar.day(text)).toThrow(`Cannot read the date "${text}"`);
});
