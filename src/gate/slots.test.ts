import { describe, expect, test } from "vitest";
import { dateInZone, latestSlot, nextSlot, slotsBetween, timeInZone } from "./slots.ts";

const day = 86_400_000;
const iso = (millis: number | null): string | null =>
  millis === null ? null : new Date(millis).toISOString();
const at = (text: string): number => Date.parse(text);

/** In 2026 Chicago's clocks go from 02:00 to 03:00 on 8 March, and from 02:00 back to 01:00 on 1 November. */
const trading = ["Mon..Fri 08:00 America/Chicago"];

describe("the latest slot", () => {
  test("is the one of this moment, to the second", () => {
    expect(iso(latestSlot(trading, at("2026-11-23T14:00:00Z")))).toBe("2026-11-23T14:00:00.000Z");
    expect(iso(latestSlot(trading, at("2026-11-23T13:59:59.999Z")))).toBe("2026-11-20T14:00:00.000Z");
  });

  test("keeps its local time across the changes of the clocks", () => {
    expect(iso(latestSlot(trading, at("2026-03-06T20:00:00Z")))).toBe("2026-03-06T14:00:00.000Z");
    expect(iso(latestSlot(trading, at("2026-03-09T20:00:00Z")))).toBe("2026-03-09T13:00:00.000Z");
    expect(iso(latestSlot(trading, at("2026-10-30T20:00:00Z")))).toBe("2026-10-30T13:00:00.000Z");
    expect(iso(latestSlot(trading, at("2026-11-02T20:00:00Z")))).toBe("2026-11-02T14:00:00.000Z");
  });

  test("is found when it was long ago, and is none when there was none", () => {
    expect(iso(latestSlot(["*-01-05 08:00:00 UTC"], at("2026-11-23T00:00:00Z")))).toBe(
      "2026-01-05T08:00:00.000Z",
    );
    expect(latestSlot(["2031-01-05 08:00:00 UTC"], at("2026-11-23T00:00:00Z"))).toBeNull();
    expect(latestSlot([], at("2026-11-23T00:00:00Z"))).toBeNull();
  });

  test("is the latest of several times", () => {
    const times = ["*-*-* 08:00:00 UTC", "*-*-* 12:30:00 UTC"];
    expect(iso(latestSlot(times, at("2026-11-23T12:00:00Z")))).toBe("2026-11-23T08:00:00.000Z");
    expect(iso(latestSlot(times, at("2026-11-23T13:00:00Z")))).toBe("2026-11-23T12:30:00.000Z");
  });
});

describe("slots of a day", () => {
  const on = (time: string, date: string): (string | null)[] =>
    slotsBetween([time], at(`${date}T00:00:00Z`), at(`${date}T00:00:00Z`) + 2 * day - 1)
      .filter((millis) => dateInZone(millis, "America/Chicago") === date)
      .map(iso);

  test("inside the gap of spring do not come", () => {
    expect(on("*-*-* 02:30:00 America/Chicago", "2026-03-07")).toEqual(["2026-03-07T08:30:00.000Z"]);
    expect(on("*-*-* 02:30:00 America/Chicago", "2026-03-08")).toEqual([]);
    expect(on("*-*-* 03:30:00 America/Chicago", "2026-03-08")).toEqual(["2026-03-08T08:30:00.000Z"]);
  });

  test("in the hour that autumn repeats come once", () => {
    expect(on("*-*-* 01:30:00 America/Chicago", "2026-11-01")).toHaveLength(1);
    expect(on("*-*-* 02:30:00 America/Chicago", "2026-11-01")).toEqual(["2026-11-01T08:30:00.000Z"]);
  });

  test("in even steps stay even through both changes, because they are counted in UTC", () => {
    for (const date of ["2026-03-08", "2026-11-01"]) {
      const slots = slotsBetween(["*:0/15:00 UTC"], at(`${date}T05:00:00Z`), at(`${date}T11:00:00Z`));
      expect(new Set(slots.slice(1).map((slot, index) => slot - slots[index]!))).toEqual(new Set([900_000]));
    }
  });

  test("that two times share are one", () => {
    const times = ["*-*-* 08:00:00 UTC", "Mon *-*-* 08:00:00 UTC"];
    expect(slotsBetween(times, at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"))).toHaveLength(1);
  });
});

test("the next slot is after this moment", () => {
  expect(iso(nextSlot(trading, at("2026-11-20T14:00:00Z")))).toBe("2026-11-23T14:00:00.000Z");
  expect(nextSlot(["2020-01-01 00:00:00 UTC"], at("2026-11-20T14:00:00Z"))).toBeNull();
});

test("a moment has the date and the time of the zone's own clocks", () => {
  expect(dateInZone(at("2026-11-24T05:59:59Z"), "America/Chicago")).toBe("2026-11-23");
  expect(dateInZone(at("2026-11-24T06:00:00Z"), "America/Chicago")).toBe("2026-11-24");
  expect(dateInZone(at("2026-07-24T05:00:00Z"), "America/Chicago")).toBe("2026-07-24");
  expect(timeInZone(at("2026-03-08T07:59:00Z"), "America/Chicago")).toBe("2026-03-08 01:59");
  expect(timeInZone(at("2026-03-08T08:00:00Z"), "America/Chicago")).toBe("2026-03-08 03:00");
});
