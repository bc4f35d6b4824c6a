import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { carryHeal, type Carried, type HealTools } from "../../src/apply/heal.ts";
import type { Host } from "../../src/host/host.ts";
import type { Desired } from "../../src/plan/desired.ts";
import { silentProgress } from "../../src/report/progress.ts";
import { makeTables } from "../../src/store/open-store.ts";
import { WatchRecord } from "../../src/store/watch.ts";
import type { HealRow } from "../../src/heal/heal-row.ts";
import { installed, now } from "./change.ts";
import { cutAt, type Cut, type Way } from "./cut.ts";
import type { ModelHost } from "./host.ts";

const spec = `
app: app
user: app
directory: /opt/app
supervision: probes
services:
  web: { run: ./web, runtime: other, ready: { settle: 0s } }
`;

type Heal = { host: ModelHost; desired: Desired; record: WatchRecord; id: number };

async function begun(act: HealRow["act"]): Promise<Heal> {
  const { host, desired } = await installed(spec);
  const database = new DatabaseSync(":memory:");
  makeTables(database);
  const record = new WatchRecord(database);
  const { name, unit } = desired.services[0]!;
  const heal = { app: "app", service: name, unit, at: 0, who: "test", act, cause: "test", check: null };
  const id = record.heals.begin({ ...heal, why: "test", counts: true, pidBefore: null });
  return { host, desired, record, id };
}

/** The record as whoever is cut short writes it: until then, and not after. */
function cutRecord(record: WatchRecord, cut: Cut): WatchRecord {
  const heals = cutWrites(record.heals, ["beginStep", "note", "end"], cut);
  return new Proxy(cutWrites(record, ["addEvent"], cut), {
    get: (target, name) => (name === "heals" ? heals : Reflect.get(target, name)),
  });
}

function cutWrites<T extends object>(record: T, writes: readonly string[], cut: Cut): T {
  return new Proxy(record, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...values: unknown[]) =>
        writes.includes(String(name))
          ? cut.write(`record ${String(name)} ${values.slice(1).join(" ")}`, () =>
              value.apply(target, values),
            )
          : value.apply(target, values);
    },
  });
}

function carry(
  heal: Heal,
  host: Host,
  record: WatchRecord,
  forbidden: string | null = null,
): Promise<Carried> {
  const { desired, id } = heal;
  const tools: HealTools = {
    record,
    rule: desired.watch.services[0]!,
    service: desired.services[0]!,
    gatherEvidence: async (row) => {
      const path = `/var/lib/heal-${row.id}.json`;
      await host.files.write(path, "evidence", { mode: 0o600 });
      return path;
    },
    askChecks: async () => null,
    mustNotRun: async () => forbidden,
    inTheWay: async () => null,
    tell: async () => {},
  };
  const { signal } = new AbortController();
  return carryHeal({ host, desired, progress: silentProgress, signal, now }, id, tools);
}

/** One try that is cut at a call; null when it has fewer calls. */
async function carryCut(heal: Heal, at: number, way: Way): Promise<string | null> {
  const cut = cutAt(heal.host, {} as never, at, way);
  const done = carry(heal, cut.host, cutRecord(heal.record, cut)).then(
    () => null,
    () => new Promise<never>(() => {}),
  );
  return Promise.race([cut.reached, done]);
}

async function everyCut(
  act: HealRow["act"],
  check: (heal: Heal, where: string) => Promise<void>,
): Promise<number> {
  let cuts = 0;
  for (const way of ["before", "after", "later"] as const) {
    for (let at = 1; ; at++) {
      const heal = await begun(act);
      const call = await carryCut(heal, at, way);
      if (call === null) break;
      if (way === "later" && !/^(start|stop|restart) /.test(call)) continue;
      await heal.host.systemd.runQueued();
      cuts += 1;
      await check(heal, `${way} "${call}" (call ${at})`);
    }
  }
  return cuts;
}

const runOf = async ({ host, desired }: Heal) =>
  (await host.systemd.properties(desired.services[0]!.unit, ["ActiveState", "InvocationID"])) as object;

describe("a heal that is cut short at any call", () => {
  test("is ended by the next try: another run than before, once, and ready", async () => {
    const before = await runOf(await begun("restart"));
    const cuts = await everyCut("restart", async (heal, where) => {
      expect(await carry(heal, heal.host, heal.record), where).toEqual({ state: "proving" });
      expect(await runOf(heal), where).toMatchObject({ ActiveState: "active" });
      expect(await runOf(heal), where).not.toEqual(before);
      const row = heal.record.heals.get(heal.id)!;
      expect(row, where).toMatchObject({ step: "prove", finished: null, evidence: expect.any(String) });
      const run = await runOf(heal);
      await carry(heal, heal.host, heal.record);
      expect(await runOf(heal), where).toEqual(run);
    });
    expect(cuts).toBeGreaterThan(20);
  });

  test("starts nothing that somebody has stopped in the meantime", async () => {
    await everyCut("restart", async (heal, where) => {
      const wasUp = await runOf(heal);
      const carried = await carry(heal, heal.host, heal.record, "stopped on purpose");
      expect(carried, where).toMatchObject({ state: "ended", outcome: "superseded" });
      expect(await runOf(heal), where).toEqual(wasUp);
    });
  });

  test("leaves a run alone that somebody else began in the meantime, unless it began that itself", async () => {
    await everyCut("restart", async (heal, where) => {
      const { unit } = heal.desired.services[0]!;
      const { step } = heal.record.heals.get(heal.id)!;
      if (step !== "stop") return;
      await heal.host.systemd.restart(unit);
      const run = await runOf(heal);
      expect(await carry(heal, heal.host, heal.record), where).toMatchObject({ outcome: "superseded" });
      expect(await runOf(heal), where).toEqual(run);
    });
  });

  test("has stopped what it was to stop", async () => {
    await everyCut("stop", async (heal, where) => {
      expect(await carry(heal, heal.host, heal.record), where).toMatchObject({ outcome: "helped" });
      expect(await runOf(heal), where).toMatchObject({ ActiveState: "inactive" });
    });
  });
});
