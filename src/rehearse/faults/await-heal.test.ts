import { expect, test } from "vitest";
import type { Host } from "../../host/host.ts";
import type { Scene } from "../fault.ts";
import { UnitWatch } from "../watch-unit.ts";
import { awaitHeal, type Expected } from "./standstill.ts";

/** A unit that goes from state to state, one at each look, and stays in the last. */
function sceneOf(states: readonly (readonly [active: string, sub: string, pid: number])[]): Scene {
  const left = [...states];
  const properties = () => {
    const [ActiveState, SubState, MainPID] = left.length > 1 ? left.shift()! : left[0]!;
    return Promise.resolve({ ActiveState, SubState, MainPID, NRestarts: 0, Result: "", InvocationID: [] });
  };
  const host = { systemd: { properties } } as unknown as Host;
  const [, , pid] = states[0]!;
  return {
    subject: { restart: { delay: 0 }, gate: { kind: "http", within: 0 }, stopTimeout: 0 },
    stage: { isReady: () => Promise.resolve(true) },
    watch: new UnitWatch(() => host, "bot.service" as never),
    before: { active: "active", sub: "running", pid, restarts: 0, result: "", invocation: "" },
  } as unknown as Scene;
}

const expected: Expected = { promise: "", because: "the check beat", limit: 1000, heals: true };

test("what a heal has to kill has failed in between, and is waited for all the same", async () => {
  const scene = sceneOf([
    ["active", "running", 7],
    ["deactivating", "stop-sigkill", 7],
    ["failed", "failed", 0],
    ["activating", "start", 8],
    ["active", "running", 8],
  ]);
  const { detect, recover } = await awaitHeal(scene, expected);
  expect(detect).not.toBeNull();
  expect(recover).toBeGreaterThan(detect!);
});

test("nobody notices what stays as it was", async () => {
  const scene = sceneOf([["active", "running", 7]]);
  expect(await awaitHeal(scene, { ...expected, limit: -14_900 })).toEqual({ detect: null, recover: null });
});
