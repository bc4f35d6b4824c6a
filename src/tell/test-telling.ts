import { DatabaseSync } from "node:sqlite";
import { makeTables } from "../store/open-store.ts";
import type { ChannelSettings } from "../compile/channel-kinds.ts";
import { severities } from "../value/severity.ts";
import { defaultPolicy, noTelling, type PolicyRule, type TellFile } from "../compile/tell-rule.ts";
import { tellStore } from "./teller.ts";
import type { Telling } from "./telling.ts";
import type { Transition } from "./transition.ts";

/** For tests: a record in memory and a clock that is set by hand. */
export type TestTelling = Telling & { now: number; file: TellFile; database: DatabaseSync; woken: number };

export const start = Date.UTC(2026, 10, 30, 9, 0, 0);

export function testTelling(file: Partial<TellFile> = {}): TestTelling {
  const database = new DatabaseSync(":memory:");
  makeTables(database);
  let made = 0;
  const telling: TestTelling = {
    store: tellStore(database),
    file: { ...tellFileWith(), ...file },
    now: start,
    random: () => `id-${++made}`,
    wake: () => telling.woken++,
    database,
    woken: 0,
  };
  return telling;
}

/** What most tests begin with: a check of a service that nothing will heal. */
export const beatFails = (at: number): Extract<Transition, { change: "raise" | "once" }> => ({
  change: "raise",
  at,
  service: "bot",
  source: "check",
  subject: "beat",
  severity: "error",
  says: "beat of bot has failed",
  mayHeal: false,
});

/** Two channels that everything is told to, team first and boss ten minutes later. */
export function tellFileWith(
  steps: PolicyRule["steps"] = [step("team"), step("boss")],
  overrides: Partial<PolicyRule> = {},
): TellFile {
  const policy = (severity: (typeof severities)[number]): PolicyRule => ({
    ...defaultPolicy(severity),
    steps: severity === "info" ? [] : steps,
    ...overrides,
  });
  return {
    ...noTelling("polybot", "system"),
    channels: [channel("team"), channel("boss")],
    targets: [target("team"), target("boss")],
    contacts: [contact("team"), contact("boss")],
    policies: Object.fromEntries(severities.map((name) => [name, policy(name)])) as TellFile["policies"],
  };
}

export function channel(name: string, settings: ChannelSettings = { kind: "journal" }) {
  return {
    name,
    settings,
    quiet: null,
    most: { count: 20, window: 3_600_000 },
    fallback: null,
    handOff: false,
    mayAct: [],
  };
}

export const target = (id: string) => ({ id, channel: id, to: null });
export const contact = (name: string) => ({ name, role: null, hours: null, targets: [name] });
export const step = (name: string, after: number | null = null) => ({
  level: null,
  contacts: [name],
  after,
  duties: [],
});
