import type { Fault } from "../fault.ts";
import { lookAt } from "../watch-unit.ts";
import { describeDuration } from "../../value/duration.ts";
import { backAgain, judgeCrash } from "./comes-back.ts";
import { waitTold } from "./wait-told.ts";

const kill = 9;
const terminate = 15;

/** The program ends, in all the ways in which programs end. */
export const crashFaults: readonly Fault[] = [
  {
    id: "crash",
    title: "its main process is killed (SIGKILL)",
    standard: true,
    drill: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage } = scene;
      await stage.outside.systemd.kill(subject.unit, kill, "main");
      return judgeCrash(scene, "a crash");
    },
  },
  {
    id: "crash-group",
    title: "all of its processes are killed at once",
    standard: true,
    drill: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage } = scene;
      await stage.outside.systemd.kill(subject.unit, kill, "all");
      return judgeCrash(scene, "a crash of all its processes");
    },
  },
  {
    id: "crash-child",
    title: "one of its child processes is killed",
    standard: false,
    drill: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const children = (await stage.inside.group(before.pid)).filter((pid) => pid !== before.pid);
      const promise = `${subject.name} is ready after the loss of a child process`;
      const because = `services.${subject.name}.ready`;
      if (children.length === 0)
        return { verdict: "not-rehearsed", promise, because, says: "it has no child process now" };
      await stage.run(["kill", "-KILL", String(children[0])]);
      const ready = await watch.until(
        10_000,
        async ({ active }) => active === "active" && (await stage.isReady(subject)),
      );
      return ready
        ? {
            verdict: "kept",
            promise,
            because,
            recover: watch.now,
            says: `it was ready ${describeDuration(watch.now)} later`,
          }
        : { verdict: "broken", promise, because, says: "it was not ready 10 s later" };
    },
  },
  {
    id: "ended-from-outside",
    title: "somebody ends it with SIGTERM, past systemd",
    standard: true,
    drill: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const { name, restart } = subject;
      await stage.outside.systemd.kill(subject.unit, terminate, "main");
      const gone = await watch.until(subject.stopTimeout + 5000, ({ pid }) => pid !== before.pid);
      const because = `services.${name}.restart.on: ${restart.on}`;
      if (!gone)
        return {
          verdict: "broken",
          promise: `${name} ends when it is asked to`,
          because: `services.${name}.stop`,
          says: "it did not end on SIGTERM",
          fix: "handle SIGTERM in the program",
        };
      const { ExecMainCode: code, ExecMainStatus: status } = await stage.outside.systemd.properties(
        subject.unit,
        ["ExecMainCode", "ExecMainStatus"],
      );
      // CLD_EXITED of waitid(2): a clean end of its own, which only "always" starts again.
      const clean = Number(code) === 1 && Number(status) === 0;
      if (!clean || restart.on === "always") return judgeCrash(scene, "a SIGTERM from outside");
      const back = await backAgain(scene, Math.min(restart.delay + 3000, 10_000));
      return {
        verdict: back ? "kept" : "gap",
        promise: `${name} runs on when somebody ends it past systemd`,
        because,
        says: back
          ? `ready again after ${describeDuration(watch.now)}`
          : "it exited 0, which restart.on: failure takes for a clean end: it stays down",
        recover: back ? watch.now : null,
        fix: back ? null : `services.${name}.restart.on: always`,
      };
    },
  },
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
];
