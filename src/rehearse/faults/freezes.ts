import type { Fault } from "../fault.ts";
import { describeDuration } from "../../value/duration.ts";
import { freezeLimit } from "../subject.ts";
import { backAgain, patienceFor } from "./comes-back.ts";

const stop = 19;
const go = 18;
/** A freeze that takes longer to be seen is not waited for, unless somebody asks for real time. */
const longest = 45_000;

/** The program is there, and does nothing. */
export const freezeFaults: readonly Fault[] = [
  {
    id: "freeze",
    title: "it freezes (SIGSTOP): active to systemd, and does nothing",
    standard: true,
    drill: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const { name, unit } = subject;
      const limit = freezeLimit(subject);
      const promise = `${name} is seen to be frozen, and restarted`;
      if (limit === null)
        return {
          verdict: "gap",
          promise,
          because: `services.${name} has no watchdog, and no check that the agent asks`,
          says: "nobody would notice: systemd calls a frozen program active",
          fix: `services.${name}.health: [{ beat: { within: 30s } }], or ready.http with a check of it`,
        };
      const because = limit.by === "watchdog" ? `services.${name}.watchdog` : `the check ${limit.by}`;
      if (limit.limit > longest)
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: `it would take ${describeDuration(limit.limit)} to be seen`,
        };
      await stage.outside.systemd.kill(unit, stop, "main");
      const noticed = await watch.until(
        limit.limit + 15_000,
        ({ pid, active }) => pid !== before.pid || active !== "active",
      );
      const detect = noticed ? watch.now : null;
      if (noticed) watch.note("check", `${because} has noticed it`);
      const back =
        noticed && limit.heals ? await backAgain(scene, patienceFor(subject) + subject.stopTimeout) : null;
      if (!back) await stage.outside.systemd.kill(unit, go, "all").catch(() => {});
      if (!noticed)
        return {
          verdict: limit.heals ? "broken" : "gap",
          promise,
          because,
          says: `${describeDuration(watch.now)} later it was still frozen and called active`,
          fix: limit.heals ? `see: holdfast health ${name}` : `let the check heal: services.${name}.heal`,
        };
      if (!back)
        return {
          verdict: "broken",
          promise,
          because,
          detect,
          says: `it was seen after ${describeDuration(detect!)}, and did not come back`,
        };
      return {
        verdict: "kept",
        promise,
        because,
        detect,
        recover: watch.now,
        says: `seen after ${describeDuration(detect!)}, ready again after ${describeDuration(watch.now)}`,
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
