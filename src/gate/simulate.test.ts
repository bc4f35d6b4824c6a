import { describe, expect, test } from "vitest";
import type { JobRule } from "../plan/job-rule.ts";
import { utc } from "../schedule/zone.ts";
import { comingDays } from "./coming-days.ts";
import { isComing, simulate, type ComingRun } from "./simulate.ts";

const minute = 60_000;
const rule = (job: string, slots: readonly string[], more: Partial<JobRule> = {}): JobRule => ({
  app: "aurora",
  job,
  slots,
  zone: "America/Chicago",
  calendar: { base: "XNYS", closed: [], half: {} },
  needs: [],
  late: { kind: "refuse", after: 15 * minute },
  timeout: 60 * minute,
  expect: null,
  critical: false,
  unsure: "refuse",
  ...more,
});
const at = (runs: readonly ComingRun[]) => runs.map(({ slot }) => new Date(slot).toISOString().slice(0, 16));
const during = (from: string, to: string, ...rules: JobRule[]) =>
  simulate(rules, Date.parse(from), Date.parse(to));

test("a job of 07:30 in Chicago is 12:30 in summer, 13:30 in winter (A-01)", () => {
  const runs = during("2026-10-30", "2026-11-04", rule("preflight", ["Mon..Fri 07:30 America/Chicago"]));
  expect(at(runs)).toEqual(["2026-10-30T12:30", "2026-11-02T13:30", "2026-11-03T13:30"]);
});

test("a range of hours is seven runs a day (A-09)", () => {
  const runs = during("2026-11-23", "2026-11-24", rule("status", ["Mon..Fri 09..15:00 America/Chicago"]));
  expect(at(runs).map((text) => text.slice(11))).toEqual(
    [15, 16, 17, 18, 19, 20, 21].map((hour) => `${hour}:00`),
  );
});

test("holidays are left out by name, half days say when they end (A-94)", () => {
  const runs = during("2026-11-26", "2026-11-28", rule("trading", ["Mon..Fri 08:00 America/Chicago"]));
  expect(runs.map(({ day, why, closes }) => ({ day, why, closes }))).toEqual([
    { day: "closed", why: "Thanksgiving Day", closes: null },
    { day: "half", why: "day after Thanksgiving", closes: "13:00" },
  ]);
  expect(runs.map(isComing)).toEqual([false, true]);
});

test("a day that the calendar does not know is no day to run, unless the job says so", () => {
  const times = ["*-*-* 08:00 America/Chicago"];
  const runs = during("2199-01-01", "2199-01-02", rule("a", times), rule("b", times, { unsure: "run" }));
  expect(runs.map((run) => [run.rule.job, run.day, isComing(run)])).toEqual([
    ["a", "unknown", false],
    ["b", "unknown", true],
  ]);
});

describe("marks", () => {
  const open = { calendar: null };

  test("jobs at the same time, but not those of a closed day", () => {
    const eight = ["*-*-* 08:00 America/Chicago"];
    const rules = [rule("a", eight, open), rule("b", eight, open), rule("c", eight)];
    const [thanksgiving, friday] = [
      during("2026-11-26", "2026-11-27", ...rules),
      during("2026-11-27", "2026-11-28", ...rules),
    ];
    expect(thanksgiving.map(({ together }) => together.length)).toEqual([2, 2, 0]);
    expect(friday.map(({ together }) => together.length)).toEqual([3, 3, 3]);
  });

  test("a job that may still run, unless it is needed: then systemd waits for it", () => {
    const long = { ...open, expect: { from: minute, to: 40 * minute } };
    const runs = during(
      "2026-11-23",
      "2026-11-24",
      rule("preflight", ["*-*-* 07:30 America/Chicago"], long),
      rule("trading", ["*-*-* 08:00 America/Chicago"], { ...open, needs: ["preflight"] }),
      rule("other", ["*-*-* 08:05 America/Chicago"], open),
      rule("later", ["*-*-* 08:10 America/Chicago"], open),
    );
    expect(runs.map((run) => run.during.map(({ job }) => job))).toEqual([[], [], ["preflight"], []]);
  });

  test("two times of one job that fall together are one run", () => {
    const times = ["*-*-* 08:00 America/Chicago", "Mon 08:00 America/Chicago"];
    expect(during("2026-11-23", "2026-11-24", rule("a", times, open))).toHaveLength(1);
  });
});

test("days are those of the jobs' zone, 23 hours long where clocks go forward (A-63)", () => {
  const days = comingDays([rule("a", ["Sun 12:00 America/Chicago"])], {
    from: "2027-03-14",
    count: 1,
    now: 0,
    hostZone: utc,
  });
  expect((days.starts[1]! - days.starts[0]!) / 3_600_000).toBe(23);
  expect(days.clockChanges).toMatchObject([{ zone: "America/Chicago", hours: 1 }]);
  expect(days.specialDays).toEqual([]);
});
