import { describe, expect, test } from "vitest";
import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { assess } from "./assess.ts";
import { newCheckState, type CheckState, type Verdict } from "./check-state.ts";
import type { Result } from "./reading.ts";
import type { ServiceState } from "./service-state.ts";
import {
  checkRule,
  down,
  hour,
  looks,
  minute,
  noon,
  running,
  said,
  second,
  serviceState,
  watchRule,
} from "./test-rules.ts";

const log = checkRule("log", looks.log);
const beat = checkRule("beat", looks.beat);
const http = checkRule("http", looks.http);
const tcp = checkRule("tcp", looks.tcp);
const memory = checkRule("memory", looks.memory, { severity: "warning", heals: false });
const broker = checkRule("broker-port", looks.tcp, { dependency: "broker", heals: false });

const stood = (verdict: Verdict, result: Result = verdict === "failing" ? "fail" : "ok"): CheckState => ({
  ...newCheckState(noon - hour),
  verdict,
  since: noon - minute,
  window: [result === "skipped" ? "unknown" : result],
  last: said(result),
  lastAt: noon - 2 * second,
});

/** A rule with these checks, and a service that has been running for a day with these verdicts. */
function health(
  checks: readonly (readonly [CheckRule, CheckState | null])[],
  rest: Partial<ServiceState> = {},
  heal: Partial<WatchRule["heal"]> = {},
) {
  const rule = watchRule(
    checks.map(([check]) => check),
    heal,
  );
  const states = Object.fromEntries(checks.flatMap(([check, state]) => (state ? [[check.id, state]] : [])));
  return assess(rule, serviceState(noon - 24 * hour, { checks: states, ...rest }), noon);
}

const facts = ({ active, ready, progressing }: ReturnType<typeof health>) => [active, ready, progressing];

describe("active, ready and progressing are three facts", () => {
  test("G-05 frozen: active and ready, but no progress", () => {
    const frozen = health([
      [log, stood("failing")],
      [tcp, stood("ok")],
    ]);
    expect(facts(frozen)).toEqual([true, true, false]);
    expect(frozen.overall).toBe("unhealthy");
    expect(frozen.issues).toEqual([{ check: "log", says: "it is bad", since: noon - minute }]);
  });

  test("it works but does not answer", () => {
    const mute = health([
      [log, stood("ok")],
      [http, stood("failing")],
    ]);
    expect(facts(mute)).toEqual([true, false, true]);
    expect(mute.overall).toBe("unhealthy");
  });

  test("with nothing declared that shows it: ready is systemd's word, progress is not known", () => {
    expect(facts(health([]))).toEqual([true, true, null]);
    expect(health([]).overall).toBe("healthy");
  });

  test("all is well", () => {
    const fine = health([
      [log, stood("ok")],
      [beat, stood("ok")],
      [http, stood("ok")],
    ]);
    expect([fine.overall, ...facts(fine)]).toEqual(["healthy", true, true, true]);
  });

  test("errors in a log say nothing about progress", () => {
    const errors = checkRule("errors", { ...looks.log, fresh: null, atMost: { count: 5, window: minute } });
    expect(facts(health([[errors, stood("failing")]]))).toEqual([true, true, null]);
  });
});

describe("whose fault it is", () => {
  test("C-08 a dependency is gone, the service works: degraded, not down", () => {
    const found = health([
      [log, stood("ok")],
      [broker, stood("failing")],
    ]);
    expect(found).toMatchObject({ overall: "degraded", dependency: "broker", issues: [] });
    expect(found.warnings.map(({ check }) => check)).toEqual(["broker-port"]);
  });

  test("G-02 it stalls while a dependency fails: degraded by it", () => {
    const stalled = health([
      [log, stood("failing")],
      [broker, stood("failing")],
    ]);
    expect(stalled).toMatchObject({
      overall: "degraded",
      dependency: "broker",
      progressing: false,
      issues: [],
    });
    expect(stalled.warnings[0]!.says).toBe("it is bad, while its dependency broker fails");
  });

  test("one bad answer of the dependency is enough for that", () => {
    const stalled = health([
      [log, stood("failing")],
      [broker, stood("ok", "fail")],
    ]);
    expect(stalled).toMatchObject({ overall: "degraded", dependency: "broker" });
  });

  test("that a dependency cannot be told explains nothing", () => {
    const stalled = health([
      [log, stood("failing")],
      [broker, stood("unknown", "unknown")],
    ]);
    expect(stalled).toMatchObject({ overall: "unhealthy", dependency: null });
  });

  test("nobody else is to blame for a port that is closed", () => {
    const found = health([
      [tcp, stood("failing")],
      [broker, stood("failing")],
    ]);
    expect(found).toMatchObject({ overall: "unhealthy", ready: false });
  });
});

describe("what is wrong, and how much", () => {
  test("C-37, C-38 warnings degrade, one error makes unhealthy", () => {
    const two = health([
      [log, stood("ok")],
      [memory, stood("failing")],
      [checkRule("disk", looks.disk, { severity: "warning" }), stood("failing")],
    ]);
    expect([two.overall, two.issues.length, two.warnings.length]).toEqual(["degraded", 0, 2]);
    const both = health([
      [log, stood("failing")],
      [memory, stood("failing")],
    ]);
    expect([both.overall, both.issues.length, both.warnings.length]).toEqual(["unhealthy", 1, 1]);
  });

  test.each([
    ["cannot be told", stood("unknown", "unknown")],
    ["was never looked at", null],
    ["has no verdict yet", stood("pending", "unknown")],
    ["was looked at hours ago only", { ...stood("ok"), lastAt: noon - 2 * hour }],
    ["was good before the start only", { ...stood("ok"), window: [] }],
  ])("a check that %s is never healthy", (_, state) => {
    const found = health([[log, state]]);
    expect([found.overall, found.progressing]).toEqual(["unknown", null]);
  });

  test("a warning that cannot be told degrades", () => {
    const found = health([
      [log, stood("ok")],
      [memory, stood("unknown", "unknown")],
    ]);
    expect(found.overall).toBe("degraded");
  });

  test("what comes and goes is no good health", () => {
    const found = health([[http, { ...stood("ok"), flapping: true, opened: [noon - hour] }]]);
    expect(found).toMatchObject({
      overall: "degraded",
      warnings: [{ check: "http", says: "it comes and goes" }],
    });
  });

  test("nor is a service that systemd restarts again and again", () => {
    const crashes = [1, 2, 3].map((n) => noon - n * minute);
    expect(health([], { crashes }).overall).toBe("degraded");
    expect(health([], { crashes: crashes.slice(0, 2) }).overall).toBe("healthy");
  });

  test("out of its hours, silence is healthy, even if it failed when they ended (G-10)", () => {
    const weekend = { name: "week", calendar: null, days: [6, 7], hours: null, zone: "UTC" };
    expect(health([[{ ...log, during: weekend }, stood("failing")]]).overall).toBe("healthy");
  });
});

describe("what is not running", () => {
  const stopped = { stoppedBy: "ana, 2 h ago", changing: false, paused: null };
  test.each<[string, Partial<ServiceState>, string]>([
    ["G-09 stopped on purpose", { unit: down("inactive"), circumstances: stopped }, "stopped"],
    ["ended by itself", { unit: down("inactive") }, "unhealthy"],
    ["failed", { unit: down("failed") }, "unhealthy"],
    ["waits to be restarted", { unit: down("activating", { sub: "auto-restart" }) }, "unhealthy"],
    ["starts", { unit: down("activating", { sub: "start" }) }, "starting"],
    ["is being stopped", { unit: down("deactivating") }, "unknown"],
    ["systemd could not be asked", { unit: down("unknown") }, "unknown"],
    [
      "C-77 held",
      { unit: down("inactive"), breaker: { state: "open", since: noon, why: "w", rearmAt: null, trips: 1 } },
      "held",
    ],
    ["reloads", { unit: running(noon - hour, { active: "reloading" }) }, "healthy"],
  ])("%s", (_, rest, expected) => {
    expect(health([[log, stood("ok")]], rest).overall).toBe(expected);
  });

  test("says what it ended by", () => {
    expect(health([], { unit: down("failed") }).issues).toMatchObject([
      { check: "unit", says: "its unit is failed: exit status 1" },
    ]);
  });

  test("just started: starting until it is shown good, healthy from then on", () => {
    const unit = running(noon - 10 * second);
    const before = { ...stood("ok"), lastAt: noon - minute };
    expect(health([[http, before]], { unit }).overall).toBe("starting");
    expect(health([[http, stood("ok")]], { unit }).overall).toBe("healthy");
    // What has failed stays so until it is shown good.
    expect(health([[http, { ...stood("failing", "skipped"), window: [] }]], { unit }).overall).toBe(
      "unhealthy",
    );
  });

  test("on trial", () => {
    const breaker = {
      state: "half-open" as const,
      since: noon - minute,
      why: "it froze",
      rearmAt: null,
      trips: 1,
    };
    expect(health([[log, stood("ok")]], { breaker })).toMatchObject({
      overall: "degraded",
      warnings: [{ says: "on trial after its breaker was open: it froze" }],
    });
  });
});
