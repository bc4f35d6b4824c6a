import { join } from "node:path";
import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { describeDuration } from "../../value/duration.ts";
import { describeSize } from "../../value/size.ts";
import { backAgain, patienceFor } from "./comes-back.ts";

/** Another service of the application, if it has one: what one does must not be felt by the others. */
async function othersReady({ subject, stage }: Scene): Promise<string | null> {
  for (const other of stage.subjects)
    if (other.name !== subject.name && !(await stage.isReady(other))) return other.name;
  return null;
}

/** It is ready, whether it was restarted for this or not. */
export async function readyAfter(
  scene: Scene,
  promise: string,
  because: string,
  what: string,
): Promise<Seen> {
  const { subject, stage, watch, before } = scene;
  const ready = await watch.until(
    patienceFor(subject) + subject.stopTimeout,
    async ({ active, pid }) => active === "active" && pid !== 0 && (await stage.isReady(subject)),
  );
  if (!ready)
    return {
      verdict: "broken",
      promise,
      because,
      says: `${what}, and it was not ready ${describeDuration(watch.now)} later`,
    };
  const hurt = await othersReady(scene);
  if (hurt !== null)
    return { verdict: "broken", promise, because, says: `${what}, and ${hurt} suffered with it` };
  const same = ready.pid === before.pid ? "it ran on" : `ready again after ${describeDuration(watch.now)}`;
  return { verdict: "kept", promise, because, recover: watch.now, says: `${what}; ${same}` };
}

const mebibyte = 1024 * 1024;

/** It wants more than it may have. */
export const resourceFaults: readonly Fault[] = [
  {
    id: "memory",
    title: "a process of it leaks until its memory limit",
    standard: true,
    scope: "service",
    cannot: ({ service, name }, stage) => {
      if (service.limits?.memory === undefined || service.limits.memory === Infinity)
        return `services.${name}.limits.memory is not set`;
      if (!stage.host.limits) return "memory limits do not work on the copy of this machine";
      return service.limits.memory > 4096 * mebibyte
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
    scope: "service",
    cannot: ({ service, name }, stage) => {
      const limit = service.limits?.tasks;
      if (limit === undefined) return `services.${name}.limits.tasks is not set`;
      if (!stage.host.limits) return "limits of tasks do not work on the copy of this machine";
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
  {
    id: "disk-full",
    title: "the disk that it writes to is full",
    standard: true,
    scope: "service",
    cannot: ({ writes, name }) => (writes.length === 0 ? `services.${name}.writes names nothing` : null),
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const path = join(subject.writes[0]!, ".rehearsal-full");
      const { refused, pid } = await stage.inside.load("disk", 0, 64 * 1024 * mebibyte, path);
      watch.note("fault", `the disk is full (${refused ?? "nothing refused"})`);
      // While it is full our own tools still have to answer.
      const status = await stage.holdfast("status", `${subject.app}/${subject.name}`);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await stage.inside.unload(pid);
      await stage.run(["rm", "-f", path]);
      watch.note("fault", "there is space again");
      const promise = `${subject.name} is ready when the disk has space again`;
      const because = `services.${subject.name}.writes`;
      if (status.status !== 0)
        return {
          verdict: "broken",
          promise,
          because,
          says: `holdfast status did not answer on a full disk: ${status.stderr.trim()}`,
        };
      return readyAfter(scene, promise, because, "the disk was full for a while");
    },
  },
  {
    id: "log-flood",
    title: "it writes 20 MB into its log at once",
    standard: false,
    scope: "service",
    run: async (scene) => {
      const { subject, stage, before } = scene;
      const { pid } = await stage.inside.load("log", before.pid, 20 * mebibyte);
      await stage.inside.unload(pid);
      return readyAfter(
        scene,
        `${subject.name} answers while its log is flooded`,
        "logs: rate limits of the application's own journal",
        "20 MB went to the journal",
      );
    },
  },
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
];
