import { describe, expect, test } from "vitest";
import { nextDecisionAt, nextLookAt } from "./due.ts";
import { causeOf } from "./look-facts.ts";
import type { Reading } from "./reading.ts";
import type { ServiceState } from "./service-state.ts";
import { askedOnce, takeCrashes, takeReading } from "./step.ts";
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

const beat = checkRule("beat", looks.beat);
const http = checkRule("http", looks.http, { fails: { count: 3, of: 3 } });
const broker = checkRule("broker-port", looks.tcp, { dependency: "broker" });
const rule = watchRule([beat, http, broker]);

const late: Reading = {
  result: "fail",
  value: 31.2,
  limit: 30,
  says: "its last heartbeat was 31 s ago, over 30 s",
};
const young = (value: number): Reading => ({ result: "ok", value, limit: 30, says: `${value} s ago` });

type Taken = readonly (readonly [check: string, reading: Reading, seconds: number])[];

function take(readings: Taken, state: ServiceState = serviceState(noon - hour), by = rule) {
  const events = readings.flatMap(([check, reading, seconds]) => {
    const step = takeReading(by, state, check, reading, noon + seconds * second);
    state = step.state;
    return step.events;
  });
  return { state, events };
}

describe("events", () => {
  test("C-68, G-18 say what has failed, by how much, and what it was before", () => {
    const readings: Taken = [
      ["beat", young(3), 0],
      ["beat", late, 31],
    ];
    expect(take(readings).events).toEqual([
      {
        at: noon + 31 * second,
        kind: "check-failing",
        check: "beat",
        says: "beat of bot has failed: its last heartbeat was 31 s ago, over 30 s",
        data: {
          value: 31.2,
          limit: 30,
          severity: "error",
          dependency: null,
          heals: true,
          from: "ok",
          since: noon,
          opened: 1,
        },
      },
    ]);
  });

  test("are told in sentences", () => {
    const often = Array.from({ length: 3 }, (_, n): Taken => [
      ["beat", late, n * 600],
      ["beat", young(1), n * 600 + 15],
      ["beat", young(1), n * 600 + 200],
    ]).flat();
    const calm: Taken = [["beat", young(1), 3200]];
    const unknown: Taken = [0, 300, 600].map((at) => [
      "broker-port",
      said("unknown", { says: "no route" }),
      4000 + at,
    ]);
    expect(take([...often, ...calm, ...unknown]).events.map(({ kind, says }) => `${kind}: ${says}`)).toEqual([
      "check-failing: beat of bot has failed: its last heartbeat was 31 s ago, over 30 s",
      "check-recovered: beat of bot is good again after 3 min 20 s: 1 s ago",
      "check-failing: beat of bot has failed: its last heartbeat was 31 s ago, over 30 s",
      "check-recovered: beat of bot is good again after 3 min 20 s: 1 s ago",
      "check-failing: beat of bot has failed: its last heartbeat was 31 s ago, over 30 s",
      "check-flapping: beat of bot comes and goes: it has failed 3 times within an hour",
      "check-recovered: beat of bot is good again after 3 min 20 s: 1 s ago",
      "check-calm: beat of bot is calm again: it has been good for 30 min",
      "check-unknown: broker, on which bot depends, could not be told for 10 min: no route",
    ]);
  });
});

describe("readings that say nothing", () => {
  const people = { stoppedBy: "ana", changing: false, paused: null };
  const result = (state: Partial<ServiceState>, check = "beat") =>
    take([[check, late, 0]], serviceState(noon - hour, state)).state.checks[check]!.last;

  test("of a service that does not run", () => {
    expect(result({ unit: down("inactive"), circumstances: people })).toMatchObject({
      result: "skipped",
      says: "stopped on purpose: ana",
    });
    expect(result({ unit: down("inactive"), circumstances: people }, "unit")!.result).toBe("skipped");
    expect(result({ unit: down("failed") })!.result).toBe("skipped");
    expect(result({ unit: down("failed") }, "unit")!.result).toBe("fail");
  });

  test("do not hide what it depends on", () => {
    expect(result({ unit: down("inactive"), circumstances: people }, "broker-port")!.result).toBe("fail");
  });

  test("of a check that is not declared any more", () => {
    const state = serviceState(noon - hour);
    expect(takeReading(rule, state, "gone", late, noon)).toEqual({ state, events: [] });
  });

  // The clock was set back after the start: it seems to have started in the future.
  test("a start in the future is none", () => {
    const ahead = serviceState(0, { unit: running(noon + 5 * hour) });
    expect(take([["beat", young(3), 0]], ahead).state.checks["beat"]!.verdict).toBe("ok");
    expect(take([["beat", late, 0]], ahead).state.checks["beat"]!.verdict).toBe("failing");
  });
});

test("a single look by somebody without memory: what is bad now is bad", () => {
  const once = askedOnce(rule);
  expect(take([["http", said("fail"), 0]], undefined, once).state.checks["http"]!.verdict).toBe("failing");
  expect(take([["http", said("fail"), 0]]).state.checks["http"]!.verdict).toBe("pending");
});

test("crashes are kept as far as the rule goes by them", () => {
  const many = Array.from({ length: 5000 }, (_, n) => noon - n);
  const state = takeCrashes(rule, serviceState(noon - hour, { crashes: [noon - 7 * hour] }), many, noon);
  expect([state.crashes.length, state.crashes.at(-1)]).toEqual([11, noon]);
});

describe("when to look again", () => {
  const next = (taken: Taken, id = "beat") => {
    const { state } = take(taken);
    const last = taken.at(-1)![2];
    const check = rule.checks.find((one) => one.id === id)!;
    return (nextLookAt(rule, check, state, noon + last * second) - noon) / second;
  };

  test.each<[string, Taken, number]>([
    ["after its time", [["beat", young(3), 0]], 15],
    ["when the limit passes", [["beat", { ...young(25), dueAt: noon + 5 * second }, 0]], 5],
    [
      "when a recovery can be shown",
      [
        ["beat", late, 0],
        ["beat", young(1), 10],
        ["beat", young(1), 69],
      ],
      70,
    ],
    ["soon, while it fails", [["beat", late, 0]], 2],
  ])("%s", (_, taken, expected) => {
    expect(next(taken)).toBe(expected);
  });

  test("at once, when it never was, or the clock was set back", () => {
    const state = take([["beat", young(3), 0]]).state;
    expect(nextLookAt(rule, http, state, noon)).toBe(noon);
    expect(nextLookAt(rule, beat, state, noon - hour)).toBe(noon - hour);
  });

  test("when what stalled by a dependency should have come back with it", () => {
    const bad = said("fail");
    const readings: Taken = [
      ["beat", late, 0],
      ["broker-port", bad, 1],
      ["broker-port", said("ok"), 40],
      ["beat", late, 41],
    ];
    const { state } = take(readings);
    const quiet = { ...state, checks: { ...state.checks } };
    // After the dependency's own recovery, at 100 s, it would be later.
    expect(nextDecisionAt(rule, quiet, noon + 41 * second)).toBe(noon + 70 * second);
  });

  test("a weekend is slept through", () => {
    const week = { name: "week", calendar: null, days: [1, 2, 3, 4, 5], hours: null, zone: "UTC" };
    const friday = { ...beat, during: week };
    const saturday = noon + 3 * 24 * hour;
    const state = take([["beat", young(3), 0]], undefined, watchRule([friday])).state;
    expect(nextLookAt(watchRule([friday]), friday, state, saturday)).toBe(saturday + 36 * hour);
  });
});

test("G-12 causes in words", () => {
  const { log } = looks;
  const most = { ...log, fresh: null, atMost: { count: 5, window: minute } };
  const least = { ...log, fresh: null, atLeast: { count: 1, window: minute } };
  const all = [
    log,
    least,
    most,
    looks.beat,
    looks.http,
    looks.tcp,
    looks.memory,
    { kind: "exec", argv: [] } as const,
  ];
  expect(all.map((look) => causeOf(look))).toEqual([
    "freshness",
    "activity",
    "errors",
    "heartbeat",
    "http",
    "tcp",
    "memory",
    "command",
  ]);
  const both = { ...log, atLeast: { count: 2, window: minute } };
  expect([300, 2].map((limit) => causeOf(both, said("fail", { limit })))).toEqual(["freshness", "activity"]);
});
