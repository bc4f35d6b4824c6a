import type { Fault } from "../fault.ts";
import { describeDuration } from "../../value/duration.ts";
import { backAgain } from "./comes-back.ts";
import { awaitHeal, expectToSee, judgeHealed } from "./standstill.ts";

const stop = 19;
const go = 18;

/** The program is there, and does nothing. */
export const freezeFaults: readonly Fault[] = [
  {
    id: "freeze",
    title: "it freezes (SIGSTOP): active to systemd, and does nothing",
    standard: true,
    drill: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { name, unit } = subject;
      const expected = expectToSee(subject, "be frozen");
      if ("verdict" in expected) return expected;
      await stage.outside.systemd.kill(unit, stop, "main");
      const healed = await awaitHeal(scene, expected);
      if (healed.recover === null) await stage.outside.systemd.kill(unit, go, "all").catch(() => {});
      if (healed.detect !== null) return judgeHealed(expected, healed, healed.detect);
      const { promise, because, heals } = expected;
      return {
        verdict: heals ? "broken" : "gap",
        promise,
        because,
        says: `${describeDuration(watch.now)} later it was still frozen and called active`,
        fix: heals ? `see: holdfast health ${name}` : `let the check heal: services.${name}.heal`,
      };
    },
  },
  {
    id: "deaf",
    title: "a process of it ignores SIGTERM when it is stopped",
    standard: true,
    drill: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const { app, name, unit, stopTimeout } = subject;
      const { pid } = await stage.inside.load("deaf", before.pid, 1);
      const since = performance.now();
      await stage.holdfast("stop", `${app}/${name}`, "--why", "rehearsed");
      const took = performance.now() - since;
      const down = await watch.until(
        stopTimeout + 5000,
        ({ active }) => active === "inactive" || active === "failed",
      );
      const left = await stage.inside.alive([before.pid, pid]);
      await stage.inside.unload(pid);
      await stage.holdfast("start", `${app}/${name}`);
      const back = await backAgain(scene);
      const promise = `${name} is stopped within stop.timeout, and leaves no process behind`;
      const because = `services.${name}.stop`;
      if (!down)
        return {
          verdict: "broken",
          promise,
          because,
          says: `${unit} was still there ${describeDuration(took)} later`,
        };
      if (left.length > 0)
        return {
          verdict: "broken",
          promise,
          because,
          says: `process ${left.join(", ")} was left behind`,
          fix: `services.${name}.stop.kill: mixed`,
        };
      if (!back)
        return { verdict: "broken", promise, because, says: "it was stopped, and did not start again" };
      return {
        verdict: "kept",
        promise,
        because,
        recover: watch.now,
        says: `gone after ${describeDuration(took)}, nothing left behind`,
      };
    },
  },
];
