import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { watchLateness } from "./lateness.ts";

test("a process that gets no processor for a while says so, and one that only waits does not", async () => {
  expect(await watchLateness(() => pause(300, "done"))).toEqual({ result: "done", busy: null });

  const { busy } = await watchLateness(async () => {
    for (let round = 0; round < 3; round++) {
      const until = performance.now() + 400;
      while (performance.now() < until);
      await pause(30);
    }
  });
  expect(busy).toMatch(/^this machine was busy, programs waited \S+ m?s and more for a processor/);
});
