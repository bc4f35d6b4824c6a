import { expect, test } from "vitest";
import type { CheckRule, Look } from "../../compile/watch-rule.ts";
import type { UnitFacts } from "../../heal/service-state.ts";
import { contextOf } from "./context-for-tests.ts";
import { reading } from "./local-probe.ts";
import type { Probe } from "./probe.ts";
import { runChecks } from "./run-checks.ts";

const checkOf = (id: string, look: Look, rest: Partial<CheckRule> = {}): CheckRule => ({
  ...contextOf(look).check,
  id,
  timeout: 200,
  ...rest,
});
const tcp: Look = { kind: "tcp", host: "127.0.0.1", port: 1 };
const disk: Look = { kind: "disk", path: "/", free: { bytes: 1 }, inodes: 0, fullIn: null };
const exec: Look = { kind: "exec", argv: ["true"] };

function run(checks: readonly CheckRule[], probe: Probe, unit: Partial<UnitFacts> = {}) {
  const { host, watch, service, unit: facts } = contextOf(tcp);
  return runChecks({ host, watch, service, unit: { ...facts, ...unit }, checks, probe: async () => probe });
}

test("every check has its reading, in their order, with the time that it took", async () => {
  const checks = Array.from({ length: 200 }, (_, i) => checkOf(`c${i}`, i % 2 ? tcp : disk));
  const found = await run(checks, async ({ check }) => reading("ok", check.id));
  expect([...found.keys()]).toEqual(checks.map(({ id }) => id));
  for (const [id, { says, took }] of found) {
    expect(says).toBe(id);
    expect(took).toBeGreaterThanOrEqual(0);
  }
});

test("what hangs or breaks is unknown, in words, and holds up nothing else", async () => {
  const ended: Record<string, number> = {};
  const began = performance.now();
  const hangs = Array.from({ length: 30 }, (_, i) => checkOf(`hang-${i}`, tcp));
  const checks = [...hangs, checkOf("throws", tcp), checkOf("good", tcp), checkOf("disk", disk)];
  const found = await run(checks, async ({ check: { id } }) => {
    if (id.startsWith("hang")) return new Promise(() => {});
    if (id === "throws") throw new TypeError("x is not a function\nat y");
    ended[id] = performance.now() - began;
    return reading("ok", "it is");
  });
  expect(found.get("hang-0")).toMatchObject({
    result: "unknown",
    says: "the look did not end within 200 ms",
  });
  expect(found.get("throws")).toMatchObject({ result: "unknown", says: "cannot look: x is not a function" });
  expect(ended["good"]).toBeLessThan(200);
  expect(ended["disk"]).toBeLessThan(200);
  expect(performance.now() - began).toBeLessThan(3000);
});

test("programs are run a few at a time", async () => {
  let running = 0;
  let most = 0;
  const checks = Array.from({ length: 12 }, (_, i) => checkOf(`e${i}`, exec));
  await run(checks, async () => {
    most = Math.max(most, (running += 1));
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return reading("ok", "it exited 0");
  });
  expect(most).toBe(4);
});

test("what is about a program that does not run is skipped; what lies around it is looked at", async () => {
  const checks = [
    checkOf("own", tcp),
    checkOf("broker", tcp, { dependency: "broker" }),
    checkOf("disk", disk),
  ];
  const found = await run(checks, async () => reading("ok", "it is"), { active: "inactive", sub: "dead" });
  const results = [...found].map(([id, { result, says }]) => [id, result, says]);
  expect(results).toEqual([
    ["own", "skipped", "it does not run"],
    ["broker", "ok", "it is"],
    ["disk", "ok", "it is"],
  ]);
});

test("outside of its hours a check is skipped, and says when they begin", async () => {
  const sunday = Date.parse("2026-10-18T12:00:00Z");
  const during = {
    name: "office",
    calendar: null,
    days: [1, 2, 3, 4, 5],
    hours: { from: 540, to: 1020 },
    zone: "UTC",
  };
  const { host, watch, service, unit } = contextOf(tcp);
  const checks = [checkOf("web", tcp, { during })];
  const probe = async (): Promise<Probe> => async () => reading("ok", "it is");
  const at = (now: number) => runChecks({ host, watch, service, unit, checks, probe, clock: () => now });
  expect((await at(sunday)).get("web")).toMatchObject({
    result: "skipped",
    dueAt: Date.parse("2026-10-19T09:00:00Z"),
  });
  expect((await at(Date.parse("2026-10-19T09:00:00Z"))).get("web")).toMatchObject({ result: "ok" });
});
