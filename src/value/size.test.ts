import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeSize, formatSize, parseSize, type Size } from "./size.ts";

function bytes(text: string): number | string {
  const read = parseSize(text);
  return read.ok ? read.value : `refused${read.fix === undefined ? "" : `, meant ${read.fix}`}`;
}

describe("a size is read with 1024 for each letter", () => {
  test.each<[string, number | string]>([
    ["1K", 1024],
    ["512M", 536_870_912],
    ["2G", 2_147_483_648],
    ["1.5G", 1_610_612_736],
    ["1 T", 1_099_511_627_776],
    ["0", 0],
    ["infinity", Infinity],
    ["512", "refused, meant 512M"],
    ["512MB", "refused, meant 512M"],
    ["512MiB", "refused, meant 512M"],
    ["512m", "refused, meant 512M"],
    ["0.1K", "refused"],
    ["-1M", "refused"],
    ["2P", "refused"],
    ["many", "refused"],
    ["", "refused"],
    ["99999999T", "refused"],
  ])("%j", (text, expected) => expect(bytes(text)).toBe(expected));
});

test("what is written for systemd is the shortest exact text", () => {
  const written = [0, 1023, 1024, 1_610_612_736, 2_147_483_648, Infinity];
  expect(written.map((value) => formatSize(value as Size))).toEqual([
    "0",
    "1023",
    "1K",
    "1536M",
    "2G",
    "infinity",
  ]);
});

test("people see three digits or so", () => {
  expect([0, 999, 24_536_678, 1_288_490_189, Infinity].map(describeSize)).toEqual([
    "0B",
    "999B",
    "23.4M",
    "1.2G",
    "no limit",
  ]);
});

test("what is formatted is read as the same size, as long as it has a letter", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.constantFrom(1, 2, 3), (count, power) => {
      const size = count * 1024 ** power;
      fc.pre(size <= Number.MAX_SAFE_INTEGER);
      const read = parseSize(formatSize(size as Size));
      return read.ok && read.value === size;
    }),
  );
});
