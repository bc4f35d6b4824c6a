import { expect, test } from "vitest";
import { findTightest, mostProbes, type Choice, type Ladder } from "./search.ts";

/** A stream of numbers below 1 that is the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A program that survives each thing only from a certain rung on, and some pairs of things only one at a time. */
function program(random: () => number) {
  const ladders: Ladder[] = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, index) => ({
    id: `d${index}`,
    rungs: 1 + Math.floor(random() * 3),
  }));
  const broken = random() * 0.3;
  const needs = new Map(
    ladders.map(({ id, rungs }) => [id, random() < broken ? 1 + Math.floor(random() * rungs) : 0]),
  );
  const pairs = ladders.length > 3 && random() < 0.3 ? [[ladders[0]!.id, ladders.at(-1)!.id] as const] : [];
  const survives = (choice: Choice): boolean =>
    ladders.every(({ id }) => choice.get(id)! >= needs.get(id)!) &&
    pairs.every(([a, b]) => choice.get(a)! > 0 || choice.get(b)! > 0);
  return { ladders, needs, pairs, survives };
}

test("whatever a program needs, the choice found passes, and nothing in it can be tighter", async () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = numbers(seed);
    const { ladders, needs, pairs, survives } = program(random);
    const suspects = new Set(ladders.filter(() => random() < 0.1).map(({ id }) => id));
    const probe = async (choice: Choice) =>
      survives(choice) ? { passed: true as const } : { passed: false as const, why: "broke" };
    const { choice, probes, failures } = await findTightest({ ladders, suspects, probe });
    expect(survives(choice), `seed ${seed}`).toBe(true);
    for (const { id, rungs } of ladders) {
      const rung = choice.get(id)!;
      if (rung > 0) expect(survives(new Map([...choice, [id, rung - 1]])), `seed ${seed}, ${id}`).toBe(false);
      if (rung === rungs) expect(failures.some((one) => one.id === id && !one.flaky)).toBe(true);
    }
    const broken = [...needs.values()].filter((rung) => rung > 0).length + pairs.length;
    expect(probes, `seed ${seed}`).toBeLessThanOrEqual(
      mostProbes(ladders.length, broken, 4) + 2 * suspects.size,
    );
  }
});

test("when nothing breaks, one probe is enough", async () => {
  const ladders = Array.from({ length: 40 }, (_, index) => ({ id: `d${index}`, rungs: 1 }));
  const { choice, probes } = await findTightest({ ladders, probe: async () => ({ passed: true }) });
  expect(probes).toBe(1);
  expect([...choice.values()].every((rung) => rung === 0)).toBe(true);
});

test("of two that cannot be had together, the earlier one stays", async () => {
  const probe = async (choice: Choice) =>
    choice.get("first") === 0 && choice.get("second") === 0
      ? { passed: false as const, why: "both" }
      : { passed: true as const };
  const ladders = ["first", "second"].map((id) => ({ id, rungs: 1 }));
  const { choice, failures } = await findTightest({ ladders, probe });
  expect(Object.fromEntries(choice)).toEqual({ first: 0, second: 1 });
  expect(failures).toEqual([{ id: "second", rung: 0, why: "both", flaky: false }]);
});

test("what breaks once and passes when it is tried again stays on, and is told", async () => {
  let broken = 0;
  const probe = async () =>
    ++broken === 1 ? { passed: false as const, why: "busy" } : { passed: true as const };
  const { choice, failures } = await findTightest({ ladders: [{ id: "one", rungs: 1 }], probe });
  expect(choice.get("one")).toBe(0);
  expect(failures).toEqual([{ id: "one", rung: 0, why: "busy", flaky: true }]);
});
