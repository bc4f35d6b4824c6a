import { describeDuration } from "../../value/duration.ts";
import { describeSize } from "../../value/size.ts";
import type { Fault } from "../fault.ts";
import { awhile, lastAwhile, notDone } from "./for-a-while.ts";
import { readyAfter } from "./ready-after.ts";

const mebibyte = 1024 * 1024;

/** It wants more than it may have. */
export const limitFaults: readonly Fault[] = [
  {
    id: "memory",
    title: "a process of it leaks until its memory limit",
    standard: true,
    needs: "limits",
    scope: "service",
    cannot: ({ service, name }, stage) => {
      if (service.limits?.memory === undefined || service.limits.memory === Infinity)
        return `services.${name}.limits.memory is not set`;
      const most = Math.min(4096 * mebibyte, (stage.host.memory ?? Infinity) - 256 * mebibyte);
      return service.limits.memory > most
        ? `its limit of ${describeSize(service.limits.memory)} is more than a rehearsal takes from this machine`
        : null;
    },
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const limit = subject.service.limits!.memory!;
      const load = await stage.inside.load("memory", before.pid, limit + 64 * mebibyte);
      watch.note("fault", load.refused === null ? "nothing stopped the leak" : "the kernel ended the leak");
      if (load.refused === null) await stage.inside.unload(load.pid);
      const promise = `a leak of ${subject.name} ends at ${describeSize(limit)}, and hurts nobody else`;
      const because = `services.${subject.name}.limits.memory`;
      if (load.refused === null)
        return {
          verdict: "broken",
          promise,
          because,
          says: `it could take ${describeSize(load.reached)}`,
          fix: "see: holdfast doctor",
        };
      return readyAfter(scene, promise, because, "the kernel ended it at the limit");
    },
  },
  {
    id: "tasks",
    title: "it forks without end",
    standard: true,
    needs: "limits",
    scope: "service",
    cannot: ({ service, name }) => {
      const limit = service.limits?.tasks;
      if (limit === undefined) return `services.${name}.limits.tasks is not set`;
      return limit > 1024 ? `${limit} processes are more than a rehearsal starts` : null;
    },
    run: async (scene) => {
      const { subject, stage, before } = scene;
      const limit = subject.service.limits!.tasks!;
      const load = await stage.inside.load("tasks", before.pid, limit + 50);
      await stage.inside.unload(load.pid);
      const promise = `${subject.name} cannot have more than ${limit} processes, and hurts nobody else`;
      const because = `services.${subject.name}.limits.tasks`;
      if (load.refused === null)
        return {
          verdict: "broken",
          promise,
          because,
          says: `it could start ${load.reached}`,
          fix: "see: holdfast doctor",
        };
      return readyAfter(scene, promise, because, `refused after ${load.reached} processes more`);
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
        return notDone(
          promise,
          because,
          `the limit of its open files cannot be lowered: ${lowered.stderr.trim()}`,
        );
      watch.note("fault", `it has ${open} files open, and may have no more`);
      await lastAwhile(scene);
      await set(limit);
      watch.note("fault", `it may have ${limit} files again`);
      return readyAfter(
        scene,
        promise,
        because,
        `it could open no file for ${describeDuration(awhile)}, with ${open} open`,
      );
    },
  },
  {
    id: "cpu",
    title: "everything else on the machine wants all of the processor",
    standard: false,
    scope: "service",
    run: async (scene) => {
      const { subject, stage } = scene;
      const { pid } = await stage.inside.load("cpu", 0, 4);
      try {
        return await readyAfter(
          scene,
          `${subject.name} answers while the machine is busy`,
          `services.${subject.name}.ready`,
          "four busy loops ran beside it",
        );
      } finally {
        await stage.inside.unload(pid);
      }
    },
  },
];
