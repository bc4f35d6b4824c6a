import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LineRule } from "../../compile/watch-rule.ts";
import { judgeLines } from "./judge-lines.ts";
import { LineTally } from "./line-tally.ts";
import { WindowCount } from "./window-count.ts";

const rule = (limits: Partial<LineRule>): LineRule => ({
  match: null,
  fresh: null,
  atLeast: null,
  atMost: null,
  ...limits,
});
const judge = (tally: LineTally, now: number, since: number | null = null, late = 0) =>
  judgeLines(tally, { now, since, late, noun: "line" });

describe("counts in a window", () => {
  test("up to the limit of exact ones, they are those of a plain list", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 2000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (steps, window) => {
          const count = new WindowCount(window, 64);
          const all: number[] = [];
          let now = 1e12;
          for (const step of steps) {
            all.push((now += step));
            count.add(now);
          }
          const truth = all.filter((time) => time > now - window).length;
          const found = count.countAfter(now - window);
          // Of the older ones, those in the part that the window's edge goes through may be too many.
          const border = all.filter((time) => time > now - window - (window + 2000) / 64 - 1).length;
          expect(found).toBeGreaterThanOrEqual(truth);
          expect(found).toBeLessThanOrEqual(border);
          if (truth <= 64) expect(found).toBe(truth);
          expect(count.counted().length).toBeLessThanOrEqual(64 + 67);
        },
      ),
    );
  });

  test("a burst of a million takes no memory", () => {
    const count = new WindowCount(60_000, 64);
    for (let i = 0; i < 1_000_000; i++) count.add(1e12 + i / 20);
    expect(count.counted().length).toBeLessThanOrEqual(131);
    expect(count.countAfter(0)).toBe(1_000_000);
  });

  test("what claims to be of the time to come is counted as of now, when the clock was set back", () => {
    const count = new WindowCount(60_000, 64);
    count.add(9_000_000);
    count.add(5_000_000);
    expect(count.countAfter(5_000_000 - 60_000)).toBe(2);
    expect(count.countAfter(5_000_000)).toBe(0);
    expect(count.nthNewest(2)).toBe(5_000_000);
  });
});

describe("the age of the newest line", () => {
  test("fails at its limit to the millisecond, and says beforehand when that will be", () => {
    const tally = new LineTally(rule({ fresh: 300_000, match: "VIX|Position" }));
    tally.add(1_000_000, "VIX 17.2", 6);
    tally.add(1_200_000, "idle", 6);
    const ok = judge(tally, 1_100_000);
    expect(ok).toMatchObject({ result: "ok", value: 100, limit: 300, dueAt: 1_300_000 });
    expect(judge(tally, 1_299_999).result).toBe("ok");
    expect(judge(tally, 1_300_000)).toMatchObject({
      result: "fail",
      value: 300,
      says: "the last line is 5 min old, over 5 min",
    });
    tally.add(1_300_001, "Position closed", 6);
    expect(judge(tally, 1_300_002).result).toBe("ok");
  });

  test("a restart gives the limit anew, and old lines are nothing to the new run", () => {
    const tally = new LineTally(rule({ fresh: 60_000 }));
    tally.add(1_000_000, "old", 6);
    expect(judge(tally, 2_010_000, 2_000_000)).toMatchObject({ result: "ok", dueAt: 2_060_000 });
    expect(judge(tally, 2_060_000, 2_000_000)).toMatchObject({
      result: "fail",
      says: "no line since its start 1 min ago, over 1 min",
    });
  });

  test("whoever has not watched for long enough does not know", () => {
    const tally = new LineTally(rule({ fresh: 60_000 }), { seenFrom: 1_990_000 });
    expect(judge(tally, 2_000_000, 1_000_000)).toMatchObject({ result: "unknown", dueAt: 2_050_000 });
    expect(judge(tally, 2_050_000, 1_000_000).result).toBe("fail");
  });

  test("allows for lines that are still under way", () => {
    const tally = new LineTally(rule({ fresh: 60_000 }));
    tally.add(1_000_000, "line", 6);
    expect(judge(tally, 1_060_500, null, 700)).toMatchObject({ result: "ok", dueAt: 1_060_700 });
  });

  test("only lines of the level and worse count", () => {
    const tally = new LineTally({ ...rule({ fresh: 60_000 }), level: 3 });
    tally.add(1_000_000, "fine", 6);
    expect(tally.newest).toBeNull();
    tally.add(1_000_000, "broken", 3);
    expect(tally.newest).toBe(1_000_000);
  });

  test("moves with the clock when it is set", () => {
    const tally = new LineTally(rule({ fresh: 60_000, atLeast: { count: 1, window: 60_000 } }));
    tally.add(1_000_000, "line", 6);
    tally.shift(3_600_000);
    expect(judge(tally, 4_610_000)).toMatchObject({ result: "ok", dueAt: 4_660_000 });
  });
});

describe("how many lines there are", () => {
  test("at least: by time and not by lines, however many came before", () => {
    const tally = new LineTally(rule({ atLeast: { count: 3, window: 60_000 } }));
    for (let i = 0; i < 1000; i++) tally.add(1_000_000 + i, "Update", 6);
    expect(judge(tally, 1_001_000)).toMatchObject({
      result: "ok",
      value: 1000,
      limit: 3,
      dueAt: 1_060_997,
    });
    expect(judge(tally, 1_060_996).result).toBe("ok");
    expect(judge(tally, 1_060_997)).toMatchObject({ result: "fail", value: 2, limit: 3 });
  });

  test("at most: a burst fails, and is over when it has left the window", () => {
    const tally = new LineTally(rule({ atMost: { count: 5, window: 60_000 } }));
    for (let i = 0; i < 5; i++) tally.add(1_000_000 + i, "error", 3);
    expect(judge(tally, 1_000_010)).toMatchObject({ result: "ok", value: 5, limit: 5 });
    tally.add(1_000_005, "error", 3);
    expect(judge(tally, 1_000_010)).toMatchObject({
      result: "fail",
      value: 6,
      limit: 5,
      dueAt: 1_060_000,
      says: "6 lines within 1 min, over 5",
    });
    expect(judge(tally, 1_060_000).result).toBe("ok");
  });

  test("errors of the run before are not held against the new one", () => {
    const tally = new LineTally(rule({ atMost: { count: 0, window: 60_000 } }));
    tally.add(1_000_000, "error", 3);
    expect(judge(tally, 1_010_000, 1_005_000).result).toBe("ok");
    expect(judge(tally, 1_010_000, 999_000).result).toBe("fail");
  });

  test("the next change is the earliest of all limits", () => {
    const tally = new LineTally(rule({ fresh: 30_000, atLeast: { count: 1, window: 20_000 } }));
    tally.add(1_000_000, "line", 6);
    expect(judge(tally, 1_001_000).dueAt).toBe(1_020_000);
  });
});
