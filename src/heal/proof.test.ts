import { describe, expect, test } from "vitest";
import { newCheckState, type CheckState } from "./check-state.ts";
import { proofOf, proofTime } from "./proof.ts";
import type { ServiceState } from "./service-state.ts";
import {
  checkRule,
  down,
  looks,
  minute,
  noon,
  running,
  said,
  second,
  serviceState,
  watchRule,
} from "./test-rules.ts";

const http = checkRule("http", looks.http, { fails: { count: 3, of: 3 } });
const log = checkRule("log", looks.log);
const heal = { at: noon - 5 * second, readyAt: noon };

const good = (lastAt: number, rest: Partial<CheckState> = {}): CheckState => ({
  ...newCheckState(noon - minute),
  verdict: "ok",
  window: ["ok"],
  last: said("ok"),
  lastAt,
  okSince: lastAt,
  ...rest,
});
const again = (window: CheckState["window"], okSince: number | null = noon + second) =>
  good(noon + 20 * second, { verdict: "failing", window, okSince, last: said(window.at(-1)!) });

const proof = (checks: ServiceState["checks"], seconds: number, rest: Partial<ServiceState> = {}) =>
  proofOf(
    watchRule([http, log].filter(({ id }) => id in checks)),
    heal,
    serviceState(noon - second, { checks, ...rest }),
    noon + seconds * second,
  ).outcome;

describe("a heal", () => {
  test.each<[string, ServiceState["checks"], number, string]>([
    ["helped when it was seen good", { http: again(["ok", "ok"]) }, 20, "helped"],
    ["not by one good answer", { http: again(["fail", "ok"]) }, 20, "not-yet"],
    ["not by a good answer of the run before", { http: good(noon - second) }, 20, "not-yet"],
    ["not by all checks but one", { http: good(noon + second), log: again(["fail"], null) }, 20, "not-yet"],
    ["did not help when it is still bad after its time", { http: again(["fail"], null) }, 60, "did-not-help"],
    ["a minute is too short for a silence of five", { log: again(["fail"], null) }, 299, "not-yet"],
    ["five are not", { log: again(["fail"], null) }, 300, "did-not-help"],
    ["nothing seen is nothing shown", { http: newCheckState(noon) }, 60, "did-not-help"],
  ])("%s", (_, checks, seconds, expected) => {
    expect(proof(checks, seconds)).toBe(expected);
  });

  test("did not help when the unit is down or died again", () => {
    const checks = { http: good(noon + 20 * second) };
    expect(proof(checks, 21)).toBe("helped");
    expect(proof(checks, 21, { unit: down("failed") })).toBe("did-not-help");
    expect(proof(checks, 21, { crashes: [noon + 10 * second] })).toBe("did-not-help");
    expect(proof(checks, 21, { crashes: [noon - minute] })).toBe("helped");
    expect(proof(checks, 21, { unit: down("activating") })).toBe("not-yet");
  });

  test("of a service without checks is shown by its unit staying active", () => {
    expect([proof({}, 29), proof({}, 30)]).toEqual(["not-yet", "helped"]);
  });

  test("is not asked of a check outside of its hours", () => {
    const week = { name: "week", calendar: null, days: [6, 7], hours: null, zone: "UTC" };
    const rule = watchRule([http, { ...log, during: week }]);
    const state = serviceState(noon - second, {
      checks: { http: good(noon + second) },
      unit: running(noon - second),
    });
    expect(proofOf(rule, heal, state, noon + 2 * second).outcome).toBe("helped");
  });

  test("has the grace, the longest silence, and a look at least", () => {
    expect(proofTime(watchRule([http]))).toBe(minute);
    expect(proofTime(watchRule([http, log]))).toBe(5 * minute);
    expect(proofTime({ ...watchRule([http]), grace: 3 * minute })).toBe(3 * minute);
    expect(proofTime(watchRule([{ ...http, every: 2 * minute }]))).toBe(130 * second);
  });
});
