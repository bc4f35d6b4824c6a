import { describe, expect, test } from "vitest";
import type { JobRule } from "../plan/job-rule.ts";
import { findMissed, findOverlong, type SeenRun, type Watch } from "./missed.ts";

const minute = 60_000;
const at = (text: string) => Date.parse(text);
const rule = (more: Partial<JobRule> = {}): JobRule => ({
  app: "aurora",
  job: "trading",
  slots: ["Mon..Fri 08:00 America/Chicago"],
  zone: "America/Chicago",
  calendar: { base: "XNYS", closed: [], half: {} },
  needs: [],
  late: { kind: "refuse", after: 15 * minute },
  timeout: 15 * minute,
  expect: null,
  critical: true,
  unsure: "refuse",
  ...more,
});
const watch = (since: string, now: string, more: Partial<Watch> = {}): Watch => ({
  since: at(since),
  now: at(now),
  paused: null,
  bootedAt: null,
  ...more,
});
const ran = (slot: string, more: Partial<SeenRun> = {}): SeenRun => ({
  slot: new Date(slot).toISOString(),
  started: slot,
  ended: slot,
  result: "succeeded",
  ...more,
});
const slots = (found: ReturnType<typeof findMissed>) => found.map(({ slot }) => slot.slice(0, 16));

describe("a slot is missed", () => {
  test("when it is over and nothing is on record (A-13)", () => {
    const found = findMissed(rule(), [], watch("2026-11-23T00:00Z", "2026-11-23T14:31Z"));
    expect(found).toMatchObject([
      { slot: "2026-11-23T14:00:00.000Z", tradingDay: "2026-11-23", result: "missed" },
    ]);
  });

  test("not before it may neither begin nor end any more", () => {
    expect(findMissed(rule(), [], watch("2026-11-23T00:00Z", "2026-11-23T14:29Z"))).toEqual([]);
  });

  test("not when there is any run for it, even one that was refused", () => {
    const runs = [ran("2026-11-23T14:00Z", { result: "blocked", ended: null })];
    expect(findMissed(rule(), runs, watch("2026-11-23T00:00Z", "2026-11-23T20:00Z"))).toEqual([]);
  });

  test("not on a holiday; on a half day it is (A-94)", () => {
    const found = findMissed(rule(), [], watch("2026-11-26T00:00Z", "2026-11-28T00:00Z"));
    expect(slots(found)).toEqual(["2026-11-27T14:00"]);
  });

  test("not on a day that nobody knows, unless the job would run then", () => {
    const week = watch("2199-01-01T00:00Z", "2199-01-03T00:00Z");
    expect(findMissed(rule(), [], week)).toEqual([]);
    expect(findMissed(rule({ unsure: "run" }), [], week)).not.toEqual([]);
  });

  test("not before the job was there: a first apply at ten misses nothing at eight", () => {
    expect(findMissed(rule(), [], watch("2026-11-23T16:00Z", "2026-11-24T13:00Z"))).toEqual([]);
    expect(slots(findMissed(rule(), [], watch("2026-11-23T16:00Z", "2026-11-24T15:00Z")))).toEqual([
      "2026-11-24T14:00",
    ]);
  });

  test("not while it was paused; after that it is", () => {
    const paused = { at: "2026-11-23T10:00Z", until: "2026-11-23T20:00Z", who: "me", why: null };
    const found = findMissed(rule(), [], watch("2026-11-20T20:00Z", "2026-11-24T20:00Z", { paused }));
    expect(slots(found)).toEqual(["2026-11-24T14:00"]);
    const forEver = watch("2026-11-20T20:00Z", "2026-11-24T20:00Z", { paused: { ...paused, until: null } });
    expect(findMissed(rule(), [], forEver)).toEqual([]);
  });

  test("not at a time that the clock skips, and once at one that comes twice", () => {
    const nightly = rule({ slots: ["*-*-* 02:30 America/Chicago"], calendar: null });
    expect(findMissed(nightly, [], watch("2027-03-13T12:00Z", "2027-03-14T20:00Z"))).toEqual([]);
    const early = rule({ slots: ["*-*-* 01:30 America/Chicago"], calendar: null });
    expect(findMissed(early, [], watch("2027-11-07T00:00Z", "2027-11-07T20:00Z"))).toHaveLength(1);
  });

  test("each of an hourly job's slots by itself, although systemd makes up for only one", () => {
    const status = rule({ slots: ["Mon..Fri 09..15:00 America/Chicago"], timeout: minute });
    const runs = [ran("2026-11-23T21:00Z", { result: "too-late" })];
    const found = findMissed(
      status,
      runs,
      watch("2026-11-23T00:00Z", "2026-11-24T00:00Z", { bootedAt: at("2026-11-23T22:30Z") }),
    );
    expect(found).toHaveLength(6);
    expect(found[0]!.reason).toContain("the host came up later");
  });

  test("and is called still-running when the run before went on past it", () => {
    const poll = rule({ slots: ["*:0/15:00 UTC"], calendar: null, timeout: minute });
    const runs = [ran("2026-11-23T10:00Z", { ended: "2026-11-23T10:20Z" }), ran("2026-11-23T10:30Z")];
    const found = findMissed(poll, runs, watch("2026-11-23T10:00Z", "2026-11-23T10:50Z"));
    expect(found).toMatchObject([{ slot: "2026-11-23T10:15:00.000Z", result: "still-running" }]);
  });
});

test("a run is overlong by its expect, or else by its own last runs; a new job has no habits", () => {
  const band = rule({ expect: { from: minute, to: 3 * minute } });
  expect(findOverlong(band, "2026-11-23T10:00Z", [], at("2026-11-23T10:02Z"))).toBe(null);
  expect(findOverlong(band, "2026-11-23T10:00Z", [], at("2026-11-23T10:04Z"))).toMatchObject({
    usual: 3 * minute,
  });
  const now = at("2026-11-23T10:04Z");
  expect(findOverlong(rule(), "2026-11-23T10:00Z", [minute, minute], now)).toBe(null);
  expect(findOverlong(rule(), "2026-11-23T10:00Z", Array(20).fill(minute) as number[], now)).toEqual({
    takes: 4 * minute,
    usual: minute,
  });
});
