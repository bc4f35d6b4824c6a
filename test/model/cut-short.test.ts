import { describe, expect, test } from "vitest";
import { recover } from "../../src/apply/recover.ts";
import { ownUnit } from "../../src/compile/names.ts";
import type { Desired } from "../../src/plan/desired.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { Changes } from "../../src/store/changes.ts";
import { apply, desire, installed, makePreparedHost, makeRecord, now, planOn } from "./change.ts";
import { cutAt, ways, type Way } from "./cut.ts";
import { adopted, adoption, botSpec } from "./hand-written.ts";
import type { ModelHost } from "./host.ts";

const first = `
app: app
user: app
group: people
directory: /opt/app
services:
  web:
    run: ./web
    runtime: other
    env: { set: { MODE: one } }
    secrets: { KEY: /etc/key }
    ready: { settle: 0s }
    writes: [data, deep/er]
    state-directory: app-state
  side: { run: ./side, ready: { settle: 0s }, limits: { memory: 32M } }
  old: { run: ./old, ready: { settle: 0s } }
jobs:
  nightly: { run: ./report, at: "03:00" }
`;
const second = first
  .replace("MODE: one", "MODE: two")
  .replace("memory: 32M", "memory: 48M")
  .replace("writes: [data, deep/er]", "writes: [data, more]")
  .replace("group: people", "group: people\nlogs: { max: 64M }")
  .replace("03:00", "04:00")
  .replace("old:", "new:");

type Change = { host: ModelHost; plan: Plan; desired: Desired | null; rebooted?: false };

const changes: Record<string, () => Promise<Change>> = {
  "a first install": async () => {
    const [host, desired] = [await makePreparedHost(), desire(first)];
    return { host, desired, plan: await planOn(host, desired, null) };
  },
  "an update with a changed secret, a new and a removed service": async () => {
    const { host, desired: previous } = await installed(first);
    await host.files.write("/etc/key", "second secret", { mode: 0o600 });
    const desired = desire(second);
    return { host, desired, plan: await planOn(host, desired, previous) };
  },
  "a service that has stopped, and another that goes": async () => {
    const { host, desired: previous } = await installed(first);
    await host.systemd.stop(ownUnit("app", "side"));
    const desired = desire(first.replace(/\n {2}old:.*/, ""));
    // At a boot the stopped one starts, being enabled, and the way back would stop it: as it was before, and not wrong.
    return { host, desired, plan: await planOn(host, desired, previous), rebooted: false };
  },
  "taking over a unit of other hands, which runs on": async () => adoption(),
  "taking over a unit that has to be restarted for it, and that did not start at boot": async () => ({
    ...(await adoption(botSpec("env: { set: { MODE: other } }"), { enabled: false })),
    // At a boot it does not start, and the way back would not start it either.
    rebooted: false,
  }),
  "giving back a unit that was taken over": async () => {
    const { host, desired } = await adopted();
    return { host, desired: null, plan: await planOn(host, null, desired) };
  },
  "giving back a unit that was changed since it was taken over": async () => {
    const { host, desired: first } = await adopted();
    const second = { ...desire(botSpec("env: { set: { MODE: other } }")), adopted: first.adopted! };
    await apply(await planOn(host, second, first), second, host, makeRecord());
    return { host, desired: null, plan: await planOn(host, null, second) };
  },
  "a removal": async () => {
    const { host, desired } = await installed(first);
    return { host, desired: null, plan: await planOn(host, null, desired) };
  },
};

/** One run of a change that is cut at a call. Says where, or null when it has fewer calls than that. */
async function runCut(
  { host, plan, desired }: Change,
  record: Changes,
  at: number,
  way: Way,
): Promise<string | null> {
  const cut = cutAt(host, record, at, way);
  const done = apply(plan, desired, cut.host, cut.changes).then(() => null);
  return Promise.race([cut.reached, done]);
}

describe.each(Object.entries(changes))("%s", (_, make) => {
  test("is whole or gone after the next command, whatever call was cut short and however", async () => {
    const change = await make();
    const before = change.host.dump();
    const complete = { ...change, host: change.host.copy() };
    await apply(complete.plan, complete.desired, complete.host, makeRecord());
    const after = complete.host.dump();
    expect(after).not.toEqual(before);

    let cuts = 0;
    for (const way of ways) {
      for (let at = 1; ; at++) {
        const [host, record] = [change.host.copy(), makeRecord()];
        const call = await runCut({ ...change, host }, record, at, way);
        if (call === null) break;
        if (way === "halfway" && !call.startsWith("write ")) continue;
        if (way === "later" && !/^(start|stop|restart) /.test(call)) continue;
        const where = `${way} "${call}" (call ${at})`;
        cuts += 1;
        const committed = record.lastApplied("app") !== null;
        const recovery = await recover(host, record, "app", now);
        expect(recovery?.leftOver ?? [], where).toEqual([]);
        await host.systemd.runQueued();
        expect(host.dump(), where).toEqual(committed ? after : before);
        expect(await recover(host, record, "app", now), where).toBeNull();
      }
    }
    expect(cuts).toBeGreaterThan(2 * change.plan.steps.length);
  });

  test("is whole or gone even when the way back is cut short too", async () => {
    const change = await make();
    const before = change.host.dump();
    let cuts = 0;
    for (let begun = 1; begun <= change.plan.steps.length; begun++) {
      // The change is cut before the next step is recorded, or before its commit.
      const cutChange = { ...change, host: change.host.copy() };
      const journal = makeRecord();
      const counting = cutAt(change.host.copy(), makeRecord(), Infinity, "before");
      await apply(change.plan, change.desired, counting.host, counting.changes);
      const wanted = begun === change.plan.steps.length ? "record the commit" : `record step ${begun + 1}`;
      expect(await runCut(cutChange, journal, counting.calls.indexOf(wanted) + 1, "before")).toBe(wanted);

      for (let at = 1; ; at++) {
        const [host, record] = [cutChange.host.copy(), makeRecord()];
        record.begin(change.plan, "somebody", now());
        record.beginStep(1, begun - 1);
        const cut = cutAt(host, record, at, at % 2 === 0 ? "before" : "after");
        const done = recover(cut.host, cut.changes, "app", now).then(() => null);
        const call = await Promise.race([cut.reached, done]);
        if (call === null) break;
        cuts += 1;
        await recover(host, record, "app", now);
        expect(host.dump(), `step ${begun}, way back cut at "${call}" (call ${at})`).toEqual(before);
      }
    }
    expect(cuts).toBeGreaterThan(2 * change.plan.steps.length);
  });

  test("is whole or gone after a power cut at any call, a boot and the next command", async () => {
    const change = await make();
    if (change.rebooted === false) return;
    const [before, after] = [change.host.copy(), change.host.copy()];
    await apply(change.plan, change.desired, after, makeRecord());
    await before.powerCut();
    await after.powerCut();
    for (const way of ["before", "after"] as const) {
      for (let at = 1; ; at++) {
        const [host, record] = [change.host.copy(), makeRecord()];
        const call = await runCut({ ...change, host }, record, at, way);
        if (call === null) break;
        await host.powerCut();
        const committed = record.lastApplied("app") !== null;
        await recover(host, record, "app", now);
        expect(host.dump(), `${way} "${call}" (call ${at})`).toEqual((committed ? after : before).dump());
      }
    }
  });
});
