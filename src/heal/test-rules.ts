import type { CheckRule, HealRule, Look, WatchRule } from "../compile/watch-rule.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Reading, Result } from "./reading.ts";
import { closedBreaker, type ServiceState, type UnitFacts } from "./service-state.ts";

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

/** Noon of a Wednesday. */
export const noon = Date.UTC(2026, 5, 10, 12);

export const looks = {
  unit: { kind: "unit" },
  log: { kind: "log", level: 7, match: "Position", fresh: 5 * minute, atLeast: null, atMost: null },
  beat: { kind: "beat", path: "/run/holdfast-beat/x/beat", within: 30 * second },
  http: { kind: "http", url: "http://127.0.0.1/", status: [], body: null, json: {}, fasterThan: null },
  tcp: { kind: "tcp", host: "127.0.0.1", port: 80 },
  memory: { kind: "memory", atMost: { share: 0.8 }, growth: null, lasting: 0 },
  disk: { kind: "disk", path: "/", free: { share: 0.1 }, inodes: 0.05, fullIn: null },
} satisfies Record<string, Look>;

export function checkRule(id: string, look: Look, rest: Partial<CheckRule> = {}): CheckRule {
  return {
    id,
    look,
    every: 15 * second,
    timeout: 10 * second,
    fails: { count: 1, of: 1 },
    recovers: 2,
    severity: "error",
    heals: rest.dependency === undefined && look.kind !== "unit",
    dependency: null,
    during: null,
    quick: true,
    ...rest,
  };
}

function healRule(rest: Partial<HealRule> = {}): HealRule {
  return {
    act: "restart",
    runFirst: null,
    limit: { count: 3, window: hour },
    crashes: { count: 10, window: 6 * hour },
    atLimit: "break",
    rearm: null,
    proof: minute,
    recycle: null,
    resetAfter: 30 * minute,
    ...rest,
  };
}

export function watchRule(checks: readonly CheckRule[], heal: Partial<HealRule> = {}): WatchRule {
  return {
    service: "bot",
    unit: "trader-bot.service" as UnitName,
    memoryLimit: 1_000_000,
    user: null,
    directory: "/srv/trader",
    envFiles: [],
    grace: 30 * second,
    checks: [checkRule("unit", looks.unit, { every: minute, recovers: 1 }), ...checks],
    heal: healRule(heal),
  };
}

export function running(since: number, rest: Partial<UnitFacts> = {}): UnitFacts {
  return {
    active: "active",
    sub: "running",
    activeSince: since,
    pid: 100,
    invocation: "a",
    restarts: 0,
    ended: null,
    endedByItself: false,
    result: "success",
    ...rest,
  };
}

export const down = (active: UnitFacts["active"], rest: Partial<UnitFacts> = {}): UnitFacts =>
  running(0, { active, sub: "dead", activeSince: null, pid: null, ended: "exit status 1", ...rest });

export function serviceState(since: number, rest: Partial<ServiceState> = {}): ServiceState {
  return {
    unit: running(since),
    checks: {},
    breaker: closedBreaker(0),
    heals: [],
    crashes: [],
    circumstances: { stoppedBy: null, changing: false, paused: null, clockSetAt: null },
    ...rest,
  };
}

export const said = (result: Result, rest: Partial<Reading> = {}): Reading => ({
  result,
  value: null,
  limit: null,
  says: result === "ok" ? "all is well" : "it is bad",
  ...rest,
});

export const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
