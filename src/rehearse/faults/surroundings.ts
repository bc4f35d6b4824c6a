import { lookAt } from "../watch-unit.ts";
import { describeDuration } from "../../value/duration.ts";
import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { backAgain, patienceFor, whyNot } from "./comes-back.ts";
import { readyAfter } from "./resources.ts";
import { waitTold } from "./wait-told.ts";

const kill = 9;
/** How long what is around a program is broken. */
const lasts = 2500;
/** A loop that takes longer than this is judged by nobody in a rehearsal. */
const longestLoop = 75_000;

const failed = (promise: string, because: string, says: string): Seen => ({
  verdict: "not-rehearsed",
  promise,
  because,
  says,
});

/** Lets a fault last, and sees meanwhile what becomes of the unit. */
async function last(scene: Scene): Promise<void> {
  await scene.watch.until(lasts, ({ active, sub }) => active === "failed" && sub === "failed");
}

/** What a program stands on: its file system, its files, its runtime; and the crash that comes slowly. */
export const surroundingFaults: readonly Fault[] = [
  {
    id: "read-only",
    title: "the file system that it writes to becomes read-only for a while",
    standard: true,
    scope: "service",
    cannot: ({ writes, name }) => (writes.length === 0 ? `services.${name}.writes names nothing` : null),
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const path = subject.writes[0]!;
      const promise = `${subject.name} is ready when it can write to ${path} again`;
      const because = `services.${subject.name}.writes`;
      const mount = (...words: string[]) =>
        stage.run(["nsenter", `--target=${before.pid}`, "--mount", "mount", ...words]);
      // In what the service sees of it, and nowhere else; what it has open already stays as it is.
      const bound = await mount("--bind", path, path);
      const shut = bound.status === 0 ? await mount("-o", "remount,bind,ro", path) : bound;
      if (shut.status !== 0)
        return failed(promise, because, `${path} cannot be made read-only: ${shut.stderr.trim()}`);
      watch.note("fault", `${path} is read-only`);
      await last(scene);
      // After a restart the service has a fresh view, and there is nothing to mend.
      await stage.run(["nsenter", `--target=${before.pid}`, "--mount", "umount", path]).catch(() => null);
      watch.note("fault", `${path} can be written again`);
      return readyAfter(scene, promise, because, `it could not write for ${describeDuration(lasts)}`);
    },
  },
  {
    id: "files",
    title: "it can open no more files for a while",
    standard: false,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const promise = `${subject.name} is ready when it can open files again`;
      const because = `services.${subject.name}.ready`;
      const { stdout } = await stage.run([
        "prlimit",
        `--pid=${before.pid}`,
        "--nofile",
        "--raw",
        "--noheadings",
        "--output=SOFT",
      ]);
      const limit = stdout.trim();
      const set = (soft: string) => stage.run(["prlimit", `--pid=${before.pid}`, `--nofile=${soft}:`]);
      const open = (await stage.run(["ls", `/proc/${before.pid}/fd`])).stdout.trim().split("\n").length;
      // The lowest free number is always below what is open: at this limit not one more is given.
      const lowered = await set(String(open));
      if (lowered.status !== 0 || !/^\d+$/.test(limit))
        return failed(
          promise,
          because,
          `the limit of its open files cannot be lowered: ${lowered.stderr.trim()}`,
        );
      watch.note("fault", `it has ${open} files open, and may have no more`);
      await last(scene);
      await set(limit);
      watch.note("fault", `it may have ${limit} files again`);
      return readyAfter(
        scene,
        promise,
        because,
        `it could open no file for ${describeDuration(lasts)}, with ${open} open`,
      );
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
      const { stdout } = await stage.run(["readlink", `/proc/${before.pid}/exe`]);
      // It may have been replaced before, for another service.
      const file = stdout.trim().replace(/ \(deleted\)$/, "");
      const fresh = `${file}.rehearsal-new`;
      const copied = await stage.run(["cp", "--preserve=all", file, fresh]);
      // As dpkg does it: a new file that takes the name of the old one, which lives on for those that run it.
      const renamed = copied.status === 0 ? await stage.run(["mv", "--force", fresh, file]) : copied;
      if (renamed.status !== 0)
        return failed(promise, because, `${file} cannot be replaced: ${renamed.stderr.trim()}`);
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
