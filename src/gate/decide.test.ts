import { describe, expect, test } from "vitest";
import type { JobRule } from "../plan/job-rule.ts";
import type { KnownRun, RunResult } from "../store/runs.ts";
import { decideRun, type GateInput } from "./decide.ts";

const slot = "2026-11-23T14:00:00.000Z";

const trading: JobRule = {
  app: "aurora",
  job: "trading",
  slots: ["Mon..Fri 08:00 America/Chicago"],
  zone: "America/Chicago",
  calendar: null,
  needs: ["preflight"],
  late: { kind: "refuse", after: 900_000 },
  timeout: 900_000,
  expect: null,
  critical: true,
  unsure: "refuse",
};

function run(job: string, result: RunResult, more: Partial<KnownRun> = {}): KnownRun {
  return { job, result, slot, tradingDay: "2026-11-23", started: "2026-11-23T13:30:01.000Z", ...more };
}

/** Its slot has just come on an open day, and preflight has succeeded: all that differs is in the arguments. */
function decide(input: Partial<GateInput> = {}, rule: Partial<JobRule> = {}): string {
  const decision = decideRun({
    rule: { ...trading, ...rule },
    now: Date.parse(slot) + 1000,
    slot,
    tradingDay: "2026-11-23",
    trigger: "timer",
    day: { open: true },
    runs: [run("preflight", "succeeded")],
    paused: null,
    override: null,
    ...input,
  });
  return decision.run ? `runs: ${decision.reason}` : `${decision.result}: ${decision.reason}`;
}

const minutesLate = (minutes: number): Partial<GateInput> => ({ now: Date.parse(slot) + minutes * 60_000 });
const needsNothing = { needs: [] };

describe("a job runs", () => {
  test("when its slot has come and nothing is in its way", () => {
    expect(decide()).toBe("runs: its slot has come");
  });

  test("when somebody starts it", () => {
    expect(decide({ trigger: "manual", slot: null })).toBe("runs: started by hand");
  });

  test("again at the next slot of the same day", () => {
    const before = run("trading", "succeeded", { slot: "2026-11-23T13:00:00.000Z" });
    expect(decide({ runs: [before] }, needsNothing)).toBe("runs: its slot has come");
  });

  test("again after it failed, was lost, or was not let through", () => {
    for (const result of ["failed", "timed-out", "lost", "cancelled", "blocked", "unsure"] as const)
      expect(decide({ runs: [run("trading", result)] }, needsNothing)).toBe("runs: its slot has come");
  });
});

describe("a job is blocked", () => {
  test("when one that it needs failed today", () => {
    expect(decide({ runs: [run("preflight", "failed")] })).toBe(
      "blocked: preflight is failed for 2026-11-23",
    );
  });

  test("when one that it needs has not run today: yesterday's success does not count", () => {
    const yesterday = run("preflight", "succeeded", {
      tradingDay: "2026-11-22",
      slot: "2026-11-22T13:30:00.000Z",
    });
    expect(decide({ runs: [yesterday] })).toBe("blocked: preflight has not run for 2026-11-23");
  });

  test("by each of those it needs, which are all named", () => {
    expect(decide({ runs: [run("fetch", "too-late")] }, { needs: ["preflight", "fetch"] })).toBe(
      "blocked: preflight has not run, fetch is too-late for 2026-11-23",
    );
  });

  test("no more when a second try of what it needs succeeded", () => {
    const runs = [run("preflight", "failed"), run("preflight", "succeeded")];
    expect(decide({ runs })).toBe("runs: its slot has come");
  });
});

describe("a job is too late", () => {
  test("beyond its grace, but not within it", () => {
    expect(decide(minutesLate(15))).toBe("runs: its slot has come");
    expect(decide(minutesLate(15.1))).toBe(`too-late: its slot ${slot} was 15 min ago`);
    expect(decide({ ...minutesLate(510), trigger: "catch-up" })).toBe(
      `too-late: its slot ${slot} was 510 min ago`,
    );
  });

  test("never when it runs late by choice, or by hand", () => {
    expect(decide(minutesLate(510), { late: { kind: "run" } })).toBe("runs: its slot has come");
    expect(decide({ ...minutesLate(510), trigger: "manual" })).toBe("runs: started by hand");
  });

  test("and waits for a word when its spec says ask", () => {
    expect(decide(minutesLate(0.5), { late: { kind: "ask" } })).toBe("runs: its slot has come");
    expect(decide(minutesLate(5), { late: { kind: "ask" } })).toBe(
      `too-late: its slot ${slot} was 5 min ago; it waits for somebody to say: holdfast run`,
    );
  });
});

test("a job that succeeded for its slot is already done, whoever starts it", () => {
  const runs = [run("preflight", "succeeded"), run("trading", "succeeded")];
  const done = `already-done: it succeeded for ${slot} at 2026-11-23T13:30:01.000Z`;
  for (const trigger of ["timer", "catch-up", "manual"] as const)
    expect(decide({ runs, trigger })).toBe(done);
});

test("a job without times is already done for the day", () => {
  const runs = [run("trading", "succeeded", { slot: null })];
  expect(decide({ runs, slot: null, trigger: "manual" }, { slots: [], needs: [] })).toBe(
    "already-done: it succeeded for 2026-11-23 at 2026-11-23T13:30:01.000Z",
  );
});

test("a job whose run has not ended is still running", () => {
  expect(decide({ runs: [run("trading", "running")] })).toBe(
    "still-running: the run that began at 2026-11-23T13:30:01.000Z has not ended",
  );
});

test("a paused job says who paused it, until when and why", () => {
  expect(decide({ paused: { who: "mara", until: null, why: null } })).toBe("paused: mara paused it");
  expect(decide({ paused: { who: "mara", until: "2026-12-01T00:00:00.000Z", why: "audit" } })).toBe(
    "paused: mara paused it until 2026-12-01T00:00:00.000Z: audit",
  );
});

test("a closed day is named with its reason", () => {
  expect(decide({ day: { open: false, why: "Thanksgiving" } })).toBe(
    "closed-day: 2026-11-23 is closed: Thanksgiving",
  );
});

test("when nobody knows whether the day is open, the policy of the job decides", () => {
  const day = { open: "unknown", why: "the dates end with 2027" } as const;
  expect(decide({ day })).toBe("unsure: nobody knows whether 2026-11-23 is open: the dates end with 2027");
  expect(decide({ day }, { unsure: "run" })).toBe("runs: its slot has come");
});

describe("an override", () => {
  const override = { who: "mara", why: "the broker asked" };

  test.each<[string, Partial<GateInput>]>([
    ["paused", { paused: { who: "sam", until: null, why: null } }],
    ["closed", { day: { open: false, why: "Thanksgiving" } }],
    ["unsure", { day: { open: "unknown", why: "no data" } }],
    ["done", { runs: [run("preflight", "succeeded"), run("trading", "succeeded")] }],
    ["late", minutesLate(510)],
    ["blocked", { runs: [] }],
  ])("passes a gate that is %s, and its reason is kept", (_, input) => {
    expect(decide(input)).not.toMatch(/^runs/);
    expect(decide({ ...input, override })).toMatch(/^runs: mara overrides ".*": the broker asked$/);
  });

  test("does not start a second copy", () => {
    expect(decide({ runs: [run("trading", "running")], override })).toMatch(/^still-running: /);
  });
});
