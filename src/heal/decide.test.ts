import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckRule, HealRule } from "../compile/watch-rule.ts";
import { breakerAfter } from "./breaker.ts";
import { newCheckState, type CheckState, type Verdict } from "./check-state.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import { nextDecisionAt } from "./due.ts";
import type { Result } from "./reading.ts";
import type { Breaker, PastHeal, ServiceState } from "./service-state.ts";
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
const tcp = checkRule("tcp", looks.tcp);
const broker = checkRule("broker-port", looks.tcp, { dependency: "broker" });

const failing = (rest: Partial<CheckState> = {}): CheckState => ({
  ...newCheckState(noon - hour),
  verdict: "failing",
  since: noon - second,
  window: ["fail"],
  last: said("fail", { says: "the last line is 312 s old, over 5 min", limit: 300 }),
  lastAt: noon - second,
  ...rest,
});
const good = (rest: Partial<CheckState> = {}): CheckState => ({
  ...failing({ verdict: "ok", window: ["ok"], last: said("ok") }),
  ...rest,
});
const open = (rest: Partial<Breaker> = {}): Breaker => ({
  state: "open",
  since: noon - hour,
  why: "three heals did not help",
  rearmAt: null,
  trips: 1,
  ...rest,
});
const healed = (ago: number, rest: Partial<PastHeal> = {}): PastHeal => ({
  at: noon - ago,
  cause: "freshness",
  outcome: "helped",
  counts: true,
  ...rest,
});

type Case = {
  checks?: readonly CheckRule[];
  heal?: Partial<HealRule>;
  state?: Partial<ServiceState>;
  now?: number;
};

/** A bot whose log is silent, unless told otherwise. */
function decided({ checks = [log], heal = {}, state = {}, now = noon }: Case): Decision {
  return decide(
    watchRule(checks, heal),
    serviceState(noon - 24 * hour, { checks: { log: failing() }, ...state }),
    now,
  );
}
const short = (decision: Decision): string =>
  decision.kind === "heal" ? `heal ${decision.act} ${decision.cause}` : decision.kind;

test("G-12 a silent bot is restarted, with the cause in words", () => {
  expect(decided({})).toEqual({
    kind: "heal",
    act: "restart",
    cause: "freshness",
    check: "log",
    why: "log of bot fails: the last line is 312 s old, over 5 min",
  });
});

describe("hands off", () => {
  const people = { stoppedBy: null, changing: false, paused: null };
  test.each<[string, Case]>([
    ["while a change is under way", { state: { circumstances: { ...people, changing: true } } }],
    ["while heals are switched off", { state: { circumstances: { ...people, paused: "maintenance" } } }],
    ["G-09 when somebody has stopped it", { state: { circumstances: { ...people, stoppedBy: "ana" } } }],
    [
      "stopped on purpose and failed at it",
      { state: { unit: down("failed"), circumstances: { ...people, stoppedBy: "ana" } } },
    ],
    ["while a heal is under way", { state: { heals: [healed(minute, { outcome: "open" })] } }],
    ["within its grace", { state: { unit: running(noon - 29 * second) } }],
    ["while systemd restarts it", { state: { unit: down("activating", { sub: "auto-restart" }) } }],
    ["when it has ended by itself", { state: { unit: down("inactive") } }],
    ["when systemd does not answer", { state: { unit: down("unknown") } }],
    ["C-78 held", { state: { breaker: open() } }],
    ["when nothing fails", { state: { checks: { log: good() } } }],
    ["when the latest look was good", { state: { checks: { log: failing({ last: said("ok") }) } } }],
    ["when the latest could not tell", { state: { checks: { log: failing({ last: said("unknown") }) } } }],
    [
      "on a look of the run before",
      { state: { unit: running(noon - minute), checks: { log: failing({ lastAt: noon - 2 * minute }) } } },
    ],
    ["on a look of long ago", { state: { checks: { log: failing({ lastAt: noon - hour }) } } }],
    ["on a look of the future", { state: { checks: { log: failing({ lastAt: noon + hour }) } } }],
    [
      "when it fails once while it recovers",
      {
        checks: [{ ...log, fails: { count: 3, of: 3 } }],
        state: { checks: { log: failing({ window: ["fail", "ok", "fail"] }) } },
      },
    ],
    ["when what fails does not heal", { checks: [{ ...log, heals: false }] }],
    ["when a person is to look first", { heal: { act: "alert-only" } }],
    ["alert-only, whatever it is", { heal: { act: "alert-only" }, state: { unit: down("failed") } }],
  ])("%s", (_, given) => {
    const decision = decided(given);
    expect(decision.kind).toBe("nothing");
    expect(decision.why).toMatch(/\w+ \w+/);
  });
});

describe("dependencies", () => {
  const asked = (state: CheckState, rest: Case = {}) =>
    short(
      decided({
        checks: [log, broker],
        state: { checks: { log: failing(), "broker-port": state } },
        ...rest,
      }),
    );

  test("are asked first, when nobody has since it failed", () => {
    expect(asked(good({ lastAt: noon - 20 * second }))).toBe("look-again");
    expect(asked(newCheckState(noon))).toBe("look-again");
    expect(asked(good({ lastAt: noon - 2 * second }))).toBe("look-again");
  });

  test("and again when that is long ago", () => {
    const old = { log: failing({ since: noon - hour }), "broker-port": good({ lastAt: noon - 16 * second }) };
    expect(short(decided({ checks: [log, broker], state: { checks: old } }))).toBe("look-again");
  });

  test("one of them fails: it is not restarted for that", () => {
    expect(
      decided({ checks: [log, broker], state: { checks: { log: failing(), "broker-port": failing() } } }),
    ).toEqual({
      kind: "nothing",
      why: "log fails, while its dependency broker fails",
    });
    expect(asked(failing({ verdict: "ok" }))).toBe("nothing");
  });

  test("nobody can tell: perhaps this host is cut off, and a restart would not mend that", () => {
    expect(asked(good({ last: said("unknown") }))).toBe("nothing");
  });

  test("they are well: it is its own fault", () => {
    expect(asked(good())).toBe("heal restart freshness");
  });

  test("asking takes as long as the slowest of them, and is done once", () => {
    const slow = checkRule("dns", looks.tcp, { dependency: "dns", timeout: 10 * second });
    const states = {
      log: failing({ since: noon - 11 * second }),
      "broker-port": good({ lastAt: noon - 10 * second }),
      dns: failing(),
    };
    expect(decided({ checks: [log, broker, slow], state: { checks: states } }).why).toContain(
      "dependency dns",
    );
  });

  test("what they cannot explain is healed in spite of them", () => {
    const states = { log: failing(), tcp: failing(), "broker-port": failing() };
    expect(short(decided({ checks: [log, tcp, broker], state: { checks: states } }))).toBe(
      "heal restart tcp",
    );
  });
});

describe("G-15, G-16 the budget", () => {
  const three = [healed(59 * minute), healed(30 * minute), healed(minute)];

  test.each<[string, PastHeal[], string]>([
    ["two are spent", three.slice(1), "heal restart freshness"],
    ["three are spent", three, "open-breaker"],
    ["the first is an hour ago", [healed(hour), ...three.slice(1)], "heal restart freshness"],
    [
      "people do not spend it",
      [healed(5 * minute, { counts: false }), ...three.slice(1)],
      "heal restart freshness",
    ],
    [
      "whether it helped or not",
      three.map((one) => ({ ...one, outcome: "did-not-help" as const })),
      "open-breaker",
    ],
    ["by a clock that was ahead", [healed(-20 * minute), ...three.slice(1)], "open-breaker"],
    ["by one that was a year ahead", [healed(-365 * 24 * hour), ...three.slice(1)], "heal restart freshness"],
  ])("%s", (_, heals, expected) => {
    expect(short(decided({ state: { heals } }))).toBe(expected);
  });

  test("says why, and stops it", () => {
    expect(decided({ state: { heals: three } })).toEqual({
      kind: "open-breaker",
      why: "log of bot fails: the last line is 312 s old, over 5 min; 3 of 3 heals within 1 h are spent",
      rearmAt: null,
      stop: true,
    });
  });

  test("then: leave does nothing more", () => {
    expect(decided({ heal: { atLimit: "leave" }, state: { heals: three } }).kind).toBe("nothing");
  });
});

describe("crashes", () => {
  const every = (millis: number, count: number) =>
    Array.from({ length: count }, (_, n) => noon - (count - n) * millis);

  test.each<[string, number[], string]>([
    ["356 in 30 s", every(84, 356), "open-breaker"],
    ["one every 2 s", every(2 * second, 11), "open-breaker"],
    ["one every 20 s", every(20 * second, 11), "open-breaker"],
    ["one every half hour is a slow loop, too", every(30 * minute, 11), "open-breaker"],
    ["ten within six hours are allowed", every(30 * minute, 10), "nothing"],
    ["one an hour never adds up", every(hour, 20), "nothing"],
  ])("%s", (_, crashes, expected) => {
    const up = { checks: { log: good() }, crashes, unit: running(noon - second) };
    expect(short(decided({ state: up }))).toBe(expected);
    const waits = { ...up, unit: down("activating", { sub: "auto-restart" }) };
    expect(short(decided({ state: waits }))).toBe(expected);
  });

  test("systemd gave up: it is held, there is nothing to stop", () => {
    const limit = { unit: down("failed", { result: "start-limit-hit" }) };
    expect(decided({ state: limit })).toMatchObject({
      kind: "open-breaker",
      stop: false,
      why: "systemd gave up: exit status 1",
    });
  });

  test("after a reset by hand the old ones are known, one more is news", () => {
    const closed: Breaker = { state: "closed", since: noon - minute, why: null, rearmAt: null, trips: 0 };
    const crashes = every(2 * minute, 11).map((at) => at - minute);
    const state = { checks: { log: good() }, breaker: closed, crashes };
    expect(short(decided({ state }))).toBe("nothing");
    expect(short(decided({ state: { ...state, crashes: [...crashes, noon - second] } }))).toBe(
      "open-breaker",
    );
  });
});

describe("C-77…C-80 the breaker", () => {
  const rearm = { rearm: hour };
  const halfOpen = open({ state: "half-open", since: noon - 10 * minute, trips: 1 });

  test("lets one try through when its time has come", () => {
    const state = { unit: down("inactive"), breaker: open({ rearmAt: noon }) };
    expect(short(decided({ heal: rearm, state }))).toBe("try-again");
    expect(short(decided({ heal: rearm, state, now: noon - 1 }))).toBe("nothing");
  });

  test("by hand only somebody's reset does", () => {
    expect(
      decided({ state: { unit: down("inactive"), breaker: open() }, now: noon + 365 * 24 * hour }).kind,
    ).toBe("nothing");
  });

  test.each<[string, Partial<ServiceState>, string]>([
    ["the check fails again", {}, "open-breaker"],
    ["it crashed", { checks: { log: good() }, crashes: [noon - minute] }, "open-breaker"],
    ["it failed to start", { unit: down("failed") }, "open-breaker"],
    ["it did not start at all", { unit: down("inactive") }, "open-breaker"],
    ["it is well", { checks: { log: good() } }, "close-breaker"],
    [
      "it is well, but for how long",
      { checks: { log: good() }, unit: running(noon - 2 * minute) },
      "nothing",
    ],
    ["nobody can tell", { checks: { log: good({ verdict: "unknown", last: said("unknown") }) } }, "nothing"],
  ])("on trial: %s", (_, rest, expected) => {
    expect(short(decided({ heal: rearm, state: { breaker: halfOpen, ...rest } }))).toBe(expected);
  });

  test("on trial: nothing is shown while a dependency fails", () => {
    const checks = { log: good(), "broker-port": failing() };
    expect(short(decided({ checks: [log, broker], state: { breaker: halfOpen, checks } }))).toBe("nothing");
  });

  test("holds twice as long each time, a day at the most, and anew after it closed", () => {
    let breaker: Breaker = { state: "closed", since: 0, why: null, rearmAt: null, trips: 0 };
    let now = noon;
    const held: number[] = [];
    for (let n = 0; n < 7; n++) {
      const opens = decided({ heal: rearm, state: { breaker, unit: down("failed") }, now });
      breaker = breakerAfter(breaker, opens, now);
      held.push((breaker.rearmAt! - now) / hour);
      now = breaker.rearmAt!;
      const again = decided({ heal: rearm, state: { breaker, unit: down("failed") }, now });
      expect(again.kind).toBe("try-again");
      breaker = breakerAfter(breaker, again, now);
      now += minute;
    }
    expect(held).toEqual([1, 2, 4, 8, 16, 24, 24]);
    breaker = breakerAfter(breaker, { kind: "close-breaker", why: "well" }, now);
    expect(breaker).toEqual({ state: "closed", since: now, why: null, rearmAt: null, trips: 0 });
  });
});

describe("memory and calm", () => {
  const recycle = checkRule("recycle", looks.memory, {
    heals: false,
    severity: "warning",
    fails: { count: 2, of: 2 },
  });
  const full = failing({ window: ["fail", "fail"] });
  const given = (state: Partial<ServiceState>): Case => ({
    checks: [log, recycle],
    heal: { recycle: { share: 0.9 } },
    state: { checks: { log: good(), recycle: full }, ...state },
  });

  test("C-109, C-111 it is recycled before its limit kills it, within the budget", () => {
    expect(short(decided(given({})))).toBe("heal recycle memory");
    const spent = [healed(3 * minute), healed(2 * minute), healed(minute)];
    expect(decided(given({ heals: spent })).why).toContain("3 of 3 heals within 1 h are spent");
    expect(short(decided(given({ heals: spent })))).toBe("nothing");
    expect(
      short(
        decided(
          given({ checks: { log: good(), recycle: failing({ verdict: "ok", window: ["ok", "fail"] }) } }),
        ),
      ),
    ).toBe("nothing");
  });

  test("after half an hour without a crash systemd's count begins anew", () => {
    const state = { checks: { log: good() }, unit: running(noon - 30 * minute, { restarts: 7 }) };
    expect(short(decided({ state }))).toBe("forget-crashes");
    expect(short(decided({ state: { ...state, unit: running(noon - 29 * minute, { restarts: 7 }) } }))).toBe(
      "nothing",
    );
    expect(short(decided({ state: { ...state, unit: running(noon - hour) } }))).toBe("nothing");
    expect(short(decided({ state, heal: { resetAfter: null } }))).toBe("nothing");
    expect(short(decided({ state: { ...state, checks: { log: failing({ last: said("ok") }) } } }))).toBe(
      "nothing",
    );
  });
});

test("a decision comes at the moment that was foretold, and not before", () => {
  const rule = watchRule([log], { rearm: hour });
  const cases: [Partial<ServiceState>, number, string][] = [
    [{ breaker: open({ rearmAt: noon + minute }), unit: down("inactive") }, noon + minute, "try-again"],
    [{ unit: running(noon - 20 * minute, { restarts: 2 }) }, noon + 10 * minute, "forget-crashes"],
    [{ breaker: open({ state: "half-open", since: noon - minute }) }, noon + 4 * minute, "close-breaker"],
  ];
  for (const [rest, at, kind] of cases) {
    const state = serviceState(noon - 24 * hour, { checks: { log: good({ lastAt: noon }) }, ...rest });
    expect(nextDecisionAt(rule, state, noon)).toBe(at);
    const later = { ...state, checks: { log: good({ lastAt: at }) } };
    expect([decide(rule, later, at - 1).kind, decide(rule, later, at).kind]).toEqual(["nothing", kind]);
  }
  expect(nextDecisionAt(rule, serviceState(noon - hour), noon)).toBeNull();
});

// Whatever the state, nothing is done that people or the rules forbid.
test("never acts against a person, a change or a grace", () => {
  const results = fc.constantFrom<Result>("ok", "fail", "unknown", "skipped");
  const state = fc.record({
    unit: fc.constantFrom(
      running(noon - 10 * second),
      running(noon - hour),
      running(noon + hour),
      down("inactive"),
    ),
    checks: fc.record({
      log: fc.record({
        last: results,
        at: fc.integer({ min: -100, max: 100 }),
        verdict: fc.constantFrom<Verdict>("ok", "failing"),
      }),
    }),
    breaker: fc.constantFrom(
      open(),
      open({ rearmAt: noon - 1 }),
      open({ state: "half-open" }),
      open({ state: "closed" }),
    ),
    stoppedBy: fc.constantFrom(null, "ana"),
    changing: fc.boolean(),
    paused: fc.constantFrom(null, "maintenance"),
  });
  fc.assert(
    fc.property(state, ({ unit, checks, breaker, ...people }) => {
      const { last, at, verdict } = checks.log;
      const log1 = failing({
        verdict,
        window: [last === "skipped" ? "ok" : last],
        last: said(last),
        lastAt: noon + at * second,
      });
      const given = { unit, breaker, checks: { log: log1 }, circumstances: { ...people, clockSetAt: null } };
      const { kind } = decided({ state: given });
      if (people.stoppedBy || people.changing || people.paused) expect(kind).toBe("nothing");
      if (kind === "heal") {
        expect([verdict, last, breaker.state]).toEqual(["failing", "fail", "closed"]);
        expect(unit.activeSince === noon - 10 * second || unit.active !== "active").toBe(false);
        expect(at).toBeLessThanOrEqual(0);
      }
    }),
    { numRuns: 500 },
  );
});
