import type { CheckRule, Look, WatchRule } from "../../compile/watch-rule.ts";
import type { Kept } from "../../heal/reading.ts";
import type { UnitFacts } from "../../heal/service-state.ts";
import { openLocalHost } from "../../host/local.ts";
import type { Host } from "../../host/host.ts";
import { unitName } from "../../value/unit-name.ts";
import type { LineTally } from "./line-tally.ts";
import type { ProbeContext } from "./probe.ts";

export const host = await openLocalHost("system");

export type Given = {
  now?: number;
  unit?: Partial<UnitFacts>;
  kept?: Kept | null | undefined;
  tally?: LineTally | null;
  host?: Host;
  check?: Partial<CheckRule>;
  service?: Partial<WatchRule>;
};

const running: UnitFacts = {
  active: "active",
  sub: "running",
  activeSince: 0,
  pid: process.pid,
  invocation: "1",
  restarts: 0,
  ended: null,
  endedByItself: false,
  result: "success",
};

/** A look at a service that runs since the beginning of time, on this machine. */
export function contextOf(look: Look, given: Given = {}): ProbeContext {
  const check: CheckRule = {
    id: look.kind,
    look,
    every: 15_000,
    timeout: 5000,
    fails: { count: 1, of: 1 },
    recovers: 1,
    severity: "error",
    heals: true,
    dependency: null,
    during: null,
    quick: true,
    ...given.check,
  };
  return {
    host: given.host ?? host,
    watch: { app: "demo", scope: "system", namespace: "demo" },
    service: {
      service: "bot",
      unit: unitName("demo-bot.service"),
      memoryLimit: null,
      user: null,
      directory: "/",
      envFiles: [],
      grace: 0,
      checks: [check],
      heal: {
        act: "restart",
        runFirst: null,
        limit: { count: 3, window: 3_600_000 },
        crashes: { count: 10, window: 3_600_000 },
        atLimit: "break",
        rearm: null,
        proof: 60_000,
        recycle: null,
        resetAfter: null,
      },
      ...given.service,
    },
    check,
    unit: { ...running, ...given.unit },
    now: given.now ?? Date.now(),
    kept: given.kept ?? null,
    tally: given.tally ?? null,
    signal: new AbortController().signal,
  };
}
