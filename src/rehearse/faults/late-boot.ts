import { latestSlot } from "../../gate/slots.ts";
import { describeDuration } from "../../value/duration.ts";
import type { Fault, Scene } from "../fault.ts";
import { jobSubjectsOf, type JobSubject } from "../job-subject.ts";
import type { Seen } from "../outcome.ts";
import { runsOf, type Ran } from "./job-record.ts";
import { afterBoot } from "./neighbours.ts";

const hour = 3_600_000;
/** Longer than a day: every daily slot has passed. */
const away = 26 * hour;
/** How long after the boot a slot that has passed may stay without a word. */
const patience = 120_000;

/** It was off when things should have run. */
export const lateBootFault: Fault = {
  id: "late-boot",
  title: "the machine is off for 26 hours",
  standard: false,
  needs: "own-kernel",
  scope: "host",
  run: async (scene) => {
    const { stage, watch } = scene;
    const promise = "after a boot that comes late all is ready, and no slot that has passed stays silent";
    const left = Date.now();
    await stage.inside.close();
    await stage.host.machine!.sleep(away);
    watch.note("fault", `it was off for ${describeDuration(away)}`);
    const services = await afterBoot(scene, promise, "the boot");
    if (services.verdict !== "kept") return services;
    const jobs = jobSubjectsOf(stage.spec).flatMap((job) => {
      const slot = latestSlot(job.times, left + away);
      return slot !== null && slot > left ? [{ job, slot }] : [];
    });
    if (jobs.length === 0) return services;
    return judgeJobs(scene, jobs, services);
  },
};

/** Every slot has a run on record or a reason why there is none, and what was missed is told. */
async function judgeJobs(
  { stage, watch }: Scene,
  jobs: readonly { job: JobSubject; slot: number }[],
  services: Seen,
): Promise<Seen> {
  const found = new Map<string, Ran>();
  await watch.until(patience, async () => {
    for (const { job, slot } of jobs) {
      const iso = new Date(slot).toISOString();
      const run = (await runsOf(stage, job.app, job.name)).find((one) => one.slot === iso);
      if (run && run.result !== "running") found.set(job.name, run);
    }
    return found.size === jobs.length;
  });
  const silent = jobs.filter(({ job }) => !found.has(job.name));
  const words = [...found].map(([name, { result }]) => `${name}: ${result}`).join(", ");
  return silent.length === 0
    ? { ...services, says: `${services.says}; ${words}` }
    : {
        ...services,
        verdict: "broken",
        says: `${describeDuration(patience)} after it nothing is on record of ${silent.map(({ job, slot }) => `${job.name} at ${new Date(slot).toISOString()}`).join(", ")}`,
        fix: "see: holdfast doctor",
      };
}
