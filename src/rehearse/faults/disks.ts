import { join } from "node:path";
import { describeDuration } from "../../value/duration.ts";
import type { Fault } from "../fault.ts";
import { awhile, lastAwhile, notDone } from "./for-a-while.ts";
import { readyAfter } from "./ready-after.ts";

const mebibyte = 1024 * 1024;

/** Where it writes. */
export const diskFaults: readonly Fault[] = [
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
        return notDone(promise, because, `${path} cannot be made read-only: ${shut.stderr.trim()}`);
      watch.note("fault", `${path} is read-only`);
      await lastAwhile(scene);
      // After a restart the service has a fresh view, and there is nothing to mend.
      await stage.run(["nsenter", `--target=${before.pid}`, "--mount", "umount", path]).catch(() => null);
      watch.note("fault", `${path} can be written again`);
      return readyAfter(scene, promise, because, `it could not write for ${describeDuration(awhile)}`);
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
];
