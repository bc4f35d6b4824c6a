import { describeDuration } from "../../value/duration.ts";
import type { Fault } from "../fault.ts";
import { lookAt } from "../watch-unit.ts";
import { backAgain, whyNot } from "./comes-back.ts";
import { notDone } from "./for-a-while.ts";
import { programOf } from "./processes.ts";

/** What it finds when it starts: its port, its runtime. */
export const startFaults: readonly Fault[] = [
  {
    id: "port-taken",
    title: "something else has its port when it starts",
    standard: true,
    scope: "service",
    cannot: ({ ports, name }) => (ports.length === 0 ? `services.${name}.ports names none` : null),
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { app, name } = subject;
      const port = subject.ports[0]!;
      await stage.holdfast("stop", `${app}/${name}`, "--why", "rehearsed");
      const { pid, refused } = await stage.inside.load("port", 0, port);
      const promise = `${name} comes back by itself when its port ${port} is free again`;
      const because = `services.${name}.restart`;
      if (refused !== null) {
        await stage.holdfast("start", `${app}/${name}`);
        await backAgain(scene);
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: `port ${port} could not be taken: ${refused}`,
        };
      }
      // It is started past holdfast, whose own start would wait for it to be ready.
      await stage.run(["systemctl", "start", "--no-block", subject.unit]);
      await watch.until(3000, ({ restarts, active }) => restarts > 0 || active === "failed");
      await stage.inside.unload(pid);
      watch.note("fault", `port ${port} is free again`);
      const back = await backAgain(scene);
      if (back)
        return {
          verdict: "kept",
          promise,
          because,
          recover: watch.now,
          says: `ready ${describeDuration(watch.now)} after the start`,
        };
      return {
        verdict: "broken",
        promise,
        because,
        says: "it did not come back",
        fix: `services.${name}.restart: { on: failure }, and let the program exit when it cannot listen`,
      };
    },
  },
  {
    id: "runtime-upgrade",
    title: "a package upgrade replaces the program that runs it",
    standard: true,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const { app, name } = subject;
      const promise = `${name} runs on while its runtime is replaced, and starts with the new one`;
      const because = `services.${name}.run`;
      // It may have been replaced before, for another service.
      const file = await programOf(stage, before.pid);
      if (file === null) return notDone(promise, because, "it ended before anything was done");
      const fresh = `${file}.rehearsal-new`;
      const copied = await stage.run(["cp", "--preserve=all", file, fresh]);
      // As dpkg does it: a new file that takes the name of the old one, which lives on for those that run it.
      const renamed = copied.status === 0 ? await stage.run(["mv", "--force", fresh, file]) : copied;
      if (renamed.status !== 0)
        return notDone(promise, because, `${file} cannot be replaced: ${renamed.stderr.trim()}`);
      watch.note("fault", `${file} is a new file`);
      const now = await lookAt(stage.outside, subject.unit);
      if (now.pid !== before.pid || !(await stage.isReady(subject)))
        return { verdict: "broken", promise, because, says: `it did not run on when ${file} was replaced` };
      const restarted = await stage.holdfast("restart", `${app}/${name}`);
      const back = restarted.status === 0 ? await backAgain(scene) : null;
      return back
        ? {
            verdict: "kept",
            promise,
            because,
            recover: watch.now,
            says: `it ran on, and was ready ${describeDuration(watch.now)} later with the new ${file}`,
          }
        : {
            verdict: "broken",
            promise,
            because,
            says: `it does not start with the new file: ${await whyNot(scene)}`,
          };
    },
  },
];
