import { describe, expect, test } from "vitest";
import { findGapSlots, findOverlaps } from "./clock-changes.ts";
import { parseCalendar } from "./parse-calendar.ts";
import { lordHowe } from "./test-zones.ts";
import { utc, type Zone } from "./zone.ts";

function gaps(text: string, host: Zone = utc, years = 2): string[] {
  return findGapSlots(must(text), host, 2026, years).map(({ wall }) => wall);
}

function must(text: string) {
  const parsed = parseCalendar(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.value;
}

describe("slots in a gap", () => {
  test("daily", () => {
    expect(gaps("02:30 America/New_York")).toEqual(["2026-03-08 02:30:00", "2027-03-14 02:30:00"]);
    expect(gaps("02:30 Europe/Berlin")).toEqual(["2026-03-29 02:30:00", "2027-03-28 02:30:00"]);
  });
  test("the gap ends where clocks go on", () => {
    expect(gaps("01:59,03:00 America/New_York")).toEqual([]);
    expect(gaps("2,3:00 America/New_York", utc, 1)).toEqual(["2026-03-08 02:00:00"]);
  });
  test("of half an hour", () => {
    expect(gaps("2:0/15", lordHowe, 1)).toEqual(["2026-10-04 02:00:00", "2026-10-04 02:15:00"]);
  });
  test("only on days that the schedule has", () => {
    expect(gaps("Mon..Fri 02:30 America/New_York", utc, 30)).toEqual([]);
    expect(gaps("*-03-14 02:30 America/New_York", utc, 10)).toEqual([
      "2027-03-14 02:30:00",
      "2032-03-14 02:30:00",
    ]);
  });
  test("zones without changes have none", () => {
    expect(gaps("*:0/15 UTC")).toEqual([]);
    expect(gaps("*:0/15 Asia/Kolkata")).toEqual([]);
  });
  test("with the change that is to blame", () => {
    expect(findGapSlots(must("02:30 America/New_York"), utc, 2026, 1)).toEqual([
      {
        wall: "2026-03-08 02:30:00",
        change: {
          at: Date.UTC(2026, 2, 8, 7) * 1000,
          from: "2026-03-08 02:00:00",
          to: "2026-03-08 03:00:00",
        },
      },
    ]);
  });
});

test("slots at times that come twice elapse the first time", () => {
  const found = findOverlaps(must("1:0/30 America/New_York"), utc, 2026, 1);
  expect(
    found.map(({ wall, times, elapses }) => [wall, times.map((time) => elapses.includes(time))]),
  ).toEqual([
    ["2026-11-01 01:00:00", [true, false]],
    ["2026-11-01 01:30:00", [true, false]],
  ]);
});
