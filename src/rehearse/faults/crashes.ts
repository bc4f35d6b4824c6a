import type { Fault } from "../fault.ts";
import { describeDuration } from "../../value/duration.ts";
import { judgeCleanEnd } from "./clean-end.ts";
import { backAgain, judgeCrash } from "./comes-back.ts";
import { withDropIn } from "./drop-in.ts";

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
    id: "ends-cleanly",
    title: "its main process ends without an error, as if its work were done",
    standard: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage } = scene;
      const { unit, restart } = subject;
      // No program can be made to exit with 0; systemd can be told to take a kill for that.
      const asClean = ["SuccessExitStatus=SIGKILL"];
      return withDropIn(stage, unit, asClean, async () => {
        const since = Date.now();
        await stage.outside.systemd.kill(unit, kill, "main");
        return restart.on === "always"
          ? judgeCrash(scene, "a clean end of its own")
          : judgeCleanEnd(scene, since);
      });
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
];
