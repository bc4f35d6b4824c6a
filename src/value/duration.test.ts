import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeDuration, durationOf, formatDuration, parseDuration } from "./duration.ts";

function millis(text: string): number | string {
  const read = parseDuration(text);
  return read.ok ? read.value : `refused${read.fix === undefined ? "" : `, meant ${read.fix}`}`;
}

describe("a span of time is read", () => {
  test.each<[string, number | string]>([
    ["30s", 30_000],
    ["5m", 300_000],
    ["5 min", 300_000],
    ["1h 30m", 5_400_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["250ms", 250],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
    [" 1 day ", 86_400_000],
    ["0", 0],
    ["0s", 0],
    ["infinity", Infinity],
    ["", "refused"],
    ["30", "refused, meant 30s"],
    ["5000", "refused, meant 5000s"],
    ["-5s", "refused"],
    ["5M", "refused"],
    ["5 fortnights", "refused"],
    ["1h and 5m", "refused"],
    ["1e3s", "refused"],
    ["9999999999999999w", "refused"],
  ])("%j", (text, expected) => expect(millis(text)).toBe(expected));
});

test("what is written for systemd is the shortest exact text", () => {
  const written = [0, 1, 1500, 90_000, 60_000, 5_400_000, 3_600_000, 86_400_000, 604_800_000, Infinity];
  expect(written.map((value) => formatDuration(durationOf(value)))).toEqual([
    "0",
    "1ms",
    "1500ms",
    "90s",
    "1min",
    "90min",
    "1h",
    "1d",
    "7d",
    "infinity",
  ]);
});

test("people see two units at the most", () => {
  const told = [250, 2345, 59_999, 60_000, 22_320_000, 90_061_000].map(describeDuration);
  expect(told).toEqual(["250 ms", "2.3 s", "60 s", "1 min", "6 h 12 min", "1 d 1 h"]);
});

test("what is formatted is read as the same span", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e13 }), (value) => {
      const read = parseDuration(formatDuration(durationOf(value)));
      return read.ok && read.value === value;
    }),
  );
});

test("any text is read without an exception", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."0123456789.smhdw infty-".split("")) }),
      (text) => typeof parseDuration(text).ok === "boolean",
    ),
  );
});
