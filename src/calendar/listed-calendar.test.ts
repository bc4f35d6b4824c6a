import { expect, test } from "vitest";
import { describeDay } from "./calendar.ts";
import { tradingCalendar } from "./known-calendars.ts";
import { listedCalendar } from "./listed-calendar.ts";

const listed = {
  closed: ["2026-12-28", "2029-01-02"],
  half: { "2026-12-23": "13:00", "2026-12-26": "12:00" },
};

test("listed days stand on top of an exchange's, also on a weekend and past its data", () => {
  const calendar = listedCalendar(tradingCalendar("XNYS"), listed);
  expect(describeDay(calendar, "2026-12-23")).toBe("half day, closes 13:00 (listed)");
  expect(describeDay(calendar, "2026-12-25")).toBe("closed: Christmas Day");
  expect(describeDay(calendar, "2026-12-26")).toBe("half day, closes 12:00 (listed)");
  expect(calendar.day("2026-12-28")).toEqual({ open: false, why: "listed" });
  expect(describeDay(calendar, "2029-01-02")).toBe("closed: listed");
  expect(describeDay(calendar, "2029-01-03")).toBe("unknown: XNYS is known until 2028-12-31");
  expect(calendar).toMatchObject({
    name: "XNYS with listed days",
    zone: "America/New_York",
    validUntil: "2028-12-31",
  });
  expect(calendar.source).toMatch(/; 4 listed days$/);
});

test("without another calendar they stand on Monday to Friday", () => {
  const calendar = listedCalendar(undefined, { closed: ["2026-12-25"], half: {} });
  expect(describeDay(calendar, "2026-12-24")).toBe("open");
  expect(describeDay(calendar, "2026-12-25")).toBe("closed: listed");
  expect(describeDay(calendar, "2026-12-27")).toBe("closed: weekend");
  expect(calendar.source).toBe("Monday to Friday; 1 listed day");
});

test("the exchange itself is left as it was", () => {
  listedCalendar(tradingCalendar("XNYS"), { closed: ["2026-12-29"], half: {} });
  expect(tradingCalendar("XNYS")!.day("2026-12-29")).toEqual({ open: true });
});

test.each<[string, Parameters<typeof listedCalendar>[1], string]>([
  ["a day that does not exist", { closed: ["2026-02-30"], half: {} }, 'Cannot read the date "2026-02-30"'],
  [
    "a time that does not exist",
    { closed: [], half: { "2026-12-24": "25:00" } },
    'Cannot read the time "25:00"',
  ],
  ["a time without minutes", { closed: [], half: { "2026-12-24": "1pm" } }, 'Cannot read the time "1pm"'],
  [
    "both closed and half",
    { closed: ["2026-12-24"], half: { "2026-12-24": "13:00" } },
    "2026-12-24 is listed as closed and",
  ],
])("refused: %s", (_what, days, message) => {
  expect(() => listedCalendar(undefined, days)).toThrow(message);
});
