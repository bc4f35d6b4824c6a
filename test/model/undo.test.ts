import * as fc from "fast-check";
import { expect, test } from "vitest";
import { recover } from "../../src/apply/recover.ts";
import { undo } from "../../src/apply/apply.ts";
import { makeUndo } from "../../src/plan/undo.ts";
import { apply, desire, makePreparedHost, makeRecord, now, planOn } from "./change.ts";
import { cutAt } from "./cut.ts";

type Service = {
  mode: string | null;
  memory: number | null;
  secret: boolean;
  writes: readonly string[];
  state: boolean;
  apparmor: boolean;
  enable: boolean;
  start: boolean;
};
type Wanted = { services: Readonly<Record<string, Service>>; logs: number | null; group: boolean };

const service: fc.Arbitrary<Service> = fc.record({
  mode: fc.option(fc.constantFrom("one", "two")),
  memory: fc.option(fc.constantFrom(32, 64)),
  secret: fc.boolean(),
  writes: fc.subarray(["data", "deep/er", "deep"]),
  state: fc.boolean(),
  apparmor: fc.boolean(),
  enable: fc.boolean(),
  start: fc.boolean(),
});
const wanted: fc.Arbitrary<Wanted> = fc.record({
  services: fc.dictionary(fc.constantFrom("web", "side", "app"), service, { minKeys: 1 }),
  logs: fc.option(fc.constantFrom(16, 64)),
  group: fc.boolean(),
});

/** Both specs may be missing, which makes a first install and a removal of it. */
const changes = fc.record({
  before: fc.option(wanted, { freq: 4 }),
  after: fc.option(wanted, { freq: 4 }),
  newSecret: fc.boolean(),
  begun: fc.double({ min: 0, max: 1, noNaN: true }),
  cutBefore: fc.boolean(),
});

test("taking back the steps begun gives the host of before, twice as well as once, for any change and any number of steps", async () => {
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(changes, async ({ before, after, newSecret, begun, cutBefore }) => {
      fc.pre(before !== null || after !== null);
      const host = await makePreparedHost();
      const previous = before && desire(toText(before));
      if (previous) await apply(await planOn(host, previous, null), previous, host, makeRecord());
      if (newSecret) await host.files.write("/etc/key", "second secret", { mode: 0o600 });
      const desired = after && desire(toText(after));
      const plan = await planOn(host, desired, previous);
      fc.pre(plan.steps.length > 0);
      const count = 1 + Math.floor(begun * (plan.steps.length - 1));
      const start = host.dump();

      // Cut between the record of a step and the next one, or before it has done anything.
      const dry = cutAt(host.copy(), makeRecord(), Infinity, "before");
      await apply(plan, desired, dry.host, dry.changes);
      const next =
        dry.calls.indexOf(count === plan.steps.length ? "record the commit" : `record step ${count + 1}`) + 1;
      const first = dry.calls.indexOf(`record step ${count}`) + 1;
      const record = makeRecord();
      const cut = cutAt(host, record, cutBefore ? first : next, cutBefore ? "after" : "before");
      apply(plan, desired, cut.host, cut.changes).catch(() => {});
      await cut.reached;
      for (const step of makeUndo(plan, count)) kinds.add(step.kind);

      const recovery = await recover(host, record, "app", now);
      expect(recovery).toMatchObject({ leftOver: [], outcome: { notRunning: [] } });
      expect(host.dump()).toEqual(start);
      const again = await undo(plan, count, host, []);
      // These leave no mark by which they could be known, and are harmless when they are done again.
      const repeated = again.undone.filter(
        (said) => !/^systemd reloaded$| restarted| loaded as it was$/.test(said),
      );
      expect(repeated).toEqual([]);
      expect(host.dump()).toEqual(start);
    }),
    { numRuns: 300 },
  );
  // The property says nothing about a kind of step that never came up.
  expect([...kinds].toSorted()).toEqual(
    expect.arrayContaining([
      "disable",
      "enable",
      "load-profile",
      "remove-account",
      "remove-empty-directory",
      "run-as-before",
      "unload-profile",
    ]),
  );
});

function toText({ services, logs, group }: Wanted): string {
  return JSON.stringify({
    app: "app",
    user: "app",
    directory: "/opt/app",
    ...(group ? { group: "people" } : {}),
    ...(logs === null ? {} : { logs: { max: `${logs}M` } }),
    services: Object.fromEntries(
      Object.entries(services).map(
        ([name, { mode, memory, secret, writes, state, apparmor, enable, start }]) => [
          name,
          {
            run: `./${name}`,
            runtime: "other",
            ready: { settle: "0s" },
            enable,
            start,
            writes,
            ...(mode === null ? {} : { env: { set: { MODE: mode } } }),
            ...(memory === null ? {} : { limits: { memory: `${memory}M` } }),
            ...(secret ? { secrets: { KEY: "/etc/key" } } : {}),
            ...(apparmor ? { hardening: { apparmor: true } } : {}),
            ...(state ? { "state-directory": `app-${name}` } : {}),
          },
        ],
      ),
    ),
  });
}
