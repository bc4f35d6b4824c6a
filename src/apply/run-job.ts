import type { JobOptions, JobResult } from "../host/host.ts";
import { invocationOf, textOf } from "../host/properties.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";
import { unlessInterrupted } from "./pause.ts";

const between = 200;

/**
 * Runs a job of a service and waits for its end, or for the end of the service. From systemd 254 on, with
 * RestartMode=direct, a job is not over when a start fails: it goes on through all automatic restarts, which may take the
 * better part of an hour.
 */
export async function runServiceJob(
  { host: { systemd }, signal }: Pick<ApplyContext, "host" | "signal">,
  unit: UnitName,
  verb: "start" | "restart" | "reloadUnit",
  options: JobOptions = {},
): Promise<JobResult> {
  // Only a start brings a new run, so only there an old one can be what waits.
  const before =
    verb === "reloadUnit" ? null : invocationOf(await systemd.properties(unit, ["InvocationID"]));
  const job = systemd[verb](unit, options);
  while (!(await unlessInterrupted(endsWithin(job, between), signal))) {
    const found = await systemd.properties(unit, ["SubState", "InvocationID"]);
    if (waitsToRestart(textOf(found, "SubState")) && invocationOf(found) !== before) return "failed";
  }
  return job;
}

async function endsWithin(job: Promise<unknown>, millis: number): Promise<boolean> {
  const ended = job.then(
    () => true,
    () => true,
  );
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), millis);
  });
  try {
    return await Promise.race([ended, elapsed]);
  } finally {
    clearTimeout(timer);
  }
}

/** Between a failure and the automatic start that follows; "auto-restart-queued" from systemd 254 on. */
export function waitsToRestart(sub: string): boolean {
  return sub.startsWith("auto-restart");
}
