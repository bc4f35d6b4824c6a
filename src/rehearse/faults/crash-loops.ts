import { describeDuration } from "../../value/duration.ts";
import type { Fault } from "../fault.ts";
import { lookAt } from "../watch-unit.ts";
import { backAgain, patienceFor, whyNot } from "./comes-back.ts";
import { waitTold } from "./wait-told.ts";

const kill = 9;
/** A loop that takes longer than this is judged by nobody in a rehearsal. */
const longestLoop = 75_000;

/** It crashes again and again: at its start, or each time soon after it. */
export const crashLoopFaults: readonly Fault[] = [
  {
    id: "crash-loop",
    title: "it crashes at every start",
    standard: true,
    scope: "service",
    cannot: ({ restart, name }) => {
      if (restart.on === "never") return `services.${name}.restart.on is never`;
      const total = restart.limit.count * (restart.delay + 500);
      return total > 60_000
        ? `its ${restart.limit.count} starts would take ${describeDuration(total)}`
        : null;
    },
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { name, unit, restart, app } = subject;
      const folder = `/run/systemd/system/${unit}.d`;
      await stage.outside.systemd.resetFailed(unit);
      await stage.host.write(
        `${folder}/zz-rehearsal.conf`,
        "[Service]\nExecStartPre=\nExecStartPre=/bin/false\n",
      );
      await stage.outside.systemd.reload();
      const since = Date.now();
      await stage.outside.systemd.kill(unit, kill, "main");
      const given = await watch.until(
        restart.limit.count * (restart.delay + 2000) + 15_000,
        // A breaker of the agent stops it for good, too.
        ({ active, sub }) =>
          (active === "failed" && sub === "failed") || (subject.watched && active === "inactive"),
      );
      const stopped = await lookAt(stage.outside, unit);
      const detect = watch.now;
      await stage.run(["rm", "-f", `${folder}/zz-rehearsal.conf`]);
      await stage.outside.systemd.reload();
      const told = given ? (await waitTold(stage, app, since)).length > 0 : false;
      await stage.holdfast("reset", `${app}/${name}`, "--why", "the rehearsed cause is gone");
      const back = await backAgain(scene);
      const promise = `${name} is given up after ${restart.limit.count} starts, that is recorded and told, and reset brings it back`;
      const because = `services.${name}.restart.limit`;
      // systemd counts a restart when it schedules one: the last was refused.
      const starts = Math.max(0, stopped.restarts - 1);
      if (!given)
        return {
          verdict: "broken",
          promise,
          because,
          says: `it was never given up: the limit is not reached in practice`,
          fix: `make the window of services.${name}.restart.limit longer than all its pauses`,
        };
      if (starts > restart.limit.count)
        return {
          verdict: "broken",
          promise,
          because,
          detect,
          says: `it was started ${starts} times before that`,
        };
      if (!told)
        return {
          verdict: "broken",
          promise,
          because,
          detect,
          says: "it was given up, and nobody would have been told",
          fix: "see: holdfast notify preview",
        };
      if (!back)
        return { verdict: "broken", promise, because, detect, says: "it did not come back after a reset" };
      return {
        verdict: "kept",
        promise,
        because,
        detect,
        recover: watch.now,
        says: `given up after ${describeDuration(detect)} and ${starts} starts, back after a reset`,
      };
    },
  },
  {
    id: "slow-crash-loop",
    title: "it crashes again and again, each time soon after it was ready",
    standard: false,
    scope: "service",
    cannot: ({ restart, name }) => {
      if (restart.on === "never") return `services.${name}.restart.on is never`;
      const total = restart.limit.count * (restart.delay + 1500);
      return total > longestLoop
        ? `its ${restart.limit.count} starts would take ${describeDuration(total)}`
        : null;
    },
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { app, name, unit, restart } = subject;
      const { count, window } = restart.limit;
      const promise = `${name} is not restarted for ever when it crashes each time it has become ready`;
      const because = `services.${name}.restart.limit`;
      const since = Date.now();
      let crashes = 0;
      let gaveUp = false;
      while (crashes <= count && !gaveUp) {
        const { pid } = await watch.look();
        await stage.outside.systemd.kill(unit, kill, "main");
        crashes += 1;
        const back = await watch.until(
          patienceFor(subject),
          async (seen) =>
            (seen.active === "failed" && seen.sub === "failed") ||
            (subject.watched && seen.active === "inactive") ||
            (seen.active === "active" &&
              seen.pid !== 0 &&
              seen.pid !== pid &&
              (await stage.isReady(subject))),
        );
        if (back === null)
          return {
            verdict: "broken",
            promise,
            because,
            says: `it was not ready again after crash ${crashes}: ${await whyNot(scene)}`,
            fix: `see: holdfast diagnose ${name}`,
          };
        gaveUp = back.active !== "active";
      }
      const detect = watch.now;
      const told = await waitTold(stage, app, since);
      await stage.holdfast("reset", `${app}/${name}`, "--why", "the rehearsed cause is gone");
      const back = await backAgain(scene);
      if (!gaveUp && told.length === 0)
        return {
          verdict: "gap",
          promise,
          because,
          says: `it crashed ${crashes} times within ${describeDuration(detect)}; that is no more than ${count} within ${describeDuration(window)}, and nobody was told`,
          fix: `a longer window: services.${name}.restart.limit: ${count} per 1h`,
        };
      if (told.length === 0)
        return {
          verdict: "broken",
          promise,
          because,
          detect,
          says: "it was given up, and nobody would have been told",
        };
      if (!back)
        return { verdict: "broken", promise, because, detect, says: "it did not come back after a reset" };
      return {
        verdict: "kept",
        promise,
        because,
        detect,
        recover: watch.now,
        says: `${gaveUp ? "given up" : "told"} after ${crashes} crashes and ${describeDuration(detect)}, back after a reset`,
      };
    },
  },
];
