import { describeDuration } from "../../value/duration.ts";
import type { Fault } from "../fault.ts";

/** What is done on purpose and ends a program that is not prepared for it: SIGHUP, for one, ends whoever does not handle it. */
export const reloadFaults: readonly Fault[] = [
  {
    id: "reload",
    title: "it is told to read its settings again",
    standard: true,
    scope: "service",
    cannot: ({ service, name }) =>
      service.reload === undefined ? `services.${name}.reload says nothing: a reload is refused` : null,
    run: async ({ subject, stage, watch, before }) => {
      const { app, name } = subject;
      const promise = `${name} reads its settings again in the same process, and is ready`;
      const because = `services.${name}.reload`;
      const { status, stderr } = await stage.holdfast("reload", `${app}/${name}`);
      const ready = await watch.until(10_000, async ({ active, pid }) => {
        const gone = pid !== before.pid || active === "failed" || active === "inactive";
        return gone || (active === "active" && (await stage.isReady(subject)));
      });
      const fix = `handle it in the program, or leave ${because} out: what changes then restarts it`;
      if (ready === null || ready.pid !== before.pid)
        return {
          verdict: "broken",
          promise,
          because,
          detect: watch.now,
          says: ready === null ? "it was not ready 10 s later" : "its process did not survive it",
          fix,
        };
      if (status !== 0)
        return { verdict: "broken", promise, because, says: `it was refused: ${stderr.trim()}`, fix };
      return {
        verdict: "kept",
        promise,
        because,
        recover: watch.now,
        says: `the same process was ready ${describeDuration(watch.now)} later`,
      };
    },
  },
];
