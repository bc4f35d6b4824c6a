import { describe, expect, test } from "vitest";
import { elapses } from "./elapses.ts";
import { instantOf, instantOfMillis, millisOf } from "./instant.ts";
import { nextElapse } from "./next-elapse.ts";
import { parseCalendar } from "./parse-calendar.ts";
import { utc, type Zone } from "./zone.ts";
import { dublin } from "./test-zones.ts";

function following(text: string, after: string, count: number, host: Zone = utc): string[] {
  const parsed = parseCalendar(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  const found: string[] = [];
  let at = instantOfMillis(Date.parse(after));
  while (found.length < count) {
    const next = nextElapse(parsed.value, at, host);
    if (next === null) return [...found, "never"];
    found.push(new Date(millisOf(next)).toISOString().replace(/(:00)?\.000Z$/, "Z"));
    at = next;
  }
  return found;
}

describe("next elapse", () => {
  test("the moment itself does not count", () => {
    expect(following("daily UTC", "2026-01-01T00:00Z", 1)).toEqual(["2026-01-02T00:00Z"]);
    expect(following("daily UTC", "2025-12-31T23:59:59.999Z", 1)).toEqual(["2026-01-01T00:00Z"]);
  });

  test("microseconds are kept apart", () => {
    const parsed = parseCalendar("*:*:0/0.000001 UTC");
    expect(parsed.ok && nextElapse(parsed.value, instantOf(1_767_225_600_000_000), utc)).toBe(
      1_767_225_600_000_001,
    );
  });

  test("a slot in a gap of the clock falls out", () => {
    expect(following("02:30 America/New_York", "2026-03-07T00:00Z", 3)).toEqual([
      "2026-03-07T07:30Z",
      "2026-03-09T06:30Z",
      "2026-03-10T06:30Z",
    ]);
  });

  test("an hour that comes twice counts once, and leaves a hole", () => {
    expect(following("*:0/30 America/New_York", "2026-11-01T05:00Z", 3)).toEqual([
      "2026-11-01T05:30Z",
      "2026-11-01T07:00Z",
      "2026-11-01T07:30Z",
    ]);
  });

  test("asked within the second of the two, systemd goes on in it", () => {
    expect(following("*:0/30 America/New_York", "2026-11-01T06:10Z", 1)).toEqual(["2026-11-01T06:30Z"]);
  });

  test("a change of half an hour", () => {
    expect(following("01:45 Australia/Lord_Howe", "2026-04-03T00:00Z", 2)).toEqual([
      "2026-04-03T14:45Z",
      "2026-04-04T14:45Z",
    ]);
    expect(following("02:15 Australia/Lord_Howe", "2026-10-02T00:00Z", 2)).toEqual([
      "2026-10-02T15:45Z",
      "2026-10-04T15:15Z",
    ]);
  });

  test("where winter is the daylight saving time, nothing is found twice", () => {
    expect(following("hourly", "2025-03-29T22:30Z", 4, dublin)).toEqual([
      "2025-03-29T23:00Z",
      "2025-03-30T00:00Z",
      "2025-03-30T01:00Z",
      "2025-03-30T02:00Z",
    ]);
  });

  test("leap years", () => {
    expect(following("02-29 UTC", "2096-03-01T00:00Z", 2)).toEqual([
      "2104-02-29T00:00Z",
      "2108-02-29T00:00Z",
    ]);
    expect(following("*-02~1 UTC", "2027-03-01T00:00Z", 2)).toEqual([
      "2028-02-29T00:00Z",
      "2029-02-28T00:00Z",
    ]);
  });

  test.each(["*-02-30", "2020-01-01", "Mon 2026-01-01"])("%s never comes", (text) =>
    expect(following(`${text} UTC`, "2026-01-01T12:00Z", 1)).toEqual(["never"]),
  );

  test("nothing comes after the year 2199", () => {
    expect(following("yearly UTC", "2198-06-01T00:00Z", 2)).toEqual(["2199-01-01T00:00Z", "never"]);
  });

  test("systemd 252 to 258 loses slots behind steps that do not come out even", () => {
    expect(following("*:0/25 UTC", "2026-01-01T23:30Z", 2)).toEqual([
      "2026-01-01T23:50Z",
      "2026-01-02T00:25Z",
    ]);
    expect(following("*:0..50/25 UTC", "2026-01-01T23:30Z", 2)).toEqual([
      "2026-01-01T23:50Z",
      "2026-01-02T00:00Z",
    ]);
  });
});

test("elapses begin with the first moment and end before the last", () => {
  const parsed = parseCalendar("*:0/15 UTC");
  if (!parsed.ok) throw new Error(parsed.expected);
  const at = (text: string) => instantOfMillis(Date.parse(text));
  const found = [...elapses(parsed.value, at("2026-01-01T00:00Z"), at("2026-01-01T01:00Z"), utc)];
  expect(found.map((instant) => (instant - found[0]!) / 60e6)).toEqual([0, 15, 30, 45]);
});
