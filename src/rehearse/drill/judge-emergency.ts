import type { Outcome } from "../outcome.ts";
import { plainOutcome } from "./drill-report.ts";

/** A job as status and its gate have it at one moment. */
export type JobLook = {
  job: string;
  timer: string;
  next: string | null;
  paused: boolean;
  /** What its gate would say to a start now: "paused", or "" when it would let it through. */
  refused: string;
  lastRun: number | null;
};

export type SuiteLook = {
  jobs: readonly JobLook[];
  services: readonly { service: string; pid: number | null }[];
};

export type EmergencySeen = {
  before: SuiteLook;
  paused: SuiteLook;
  /** How the command ended that ends runs; null when it was not asked, because a run had begun. */
  cancelled: { ok: boolean; says: string } | null;
  after: SuiteLook;
};

const title = "the suite is paused, its runs are cancelled, and it is let go on";

/** Whether pausing kept every job from running, and whether all is as it was afterwards. */
export function judgeEmergency({ before, paused, cancelled, after }: EmergencySeen): Outcome[] {
  const of = ({ jobs }: SuiteLook, name: string): JobLook | undefined => jobs.find(({ job }) => job === name);
  const jobs = before.jobs.map((was): Outcome => {
    const found = judgeJob(was, of(paused, was.job), of(after, was.job));
    return plainOutcome({
      fault: "emergency",
      title,
      service: was.job,
      verdict: found === null ? "kept" : "broken",
      promise: `a pause keeps ${was.job} from running, and resume leaves it as it was`,
      because: "holdfast pause, holdfast resume",
      says:
        found ??
        "its gate refused it while it was paused; afterwards its timer is as it was, and it has not run",
      fix: found === null ? null : `see: holdfast status, holdfast runs ${was.job}`,
    });
  });
  return [...jobs, judgeSuite(before, cancelled, after)];
}

function judgeJob(was: JobLook, during: JobLook | undefined, is: JobLook | undefined): string | null {
  if (during === undefined || is === undefined) return "it is not there any more";
  if (!during.paused || during.refused !== "paused")
    return `it would have run while it was paused${during.refused === "" ? "" : ` but for: ${during.refused}`}`;
  if (is.paused) return "it is still paused";
  if (is.timer !== was.timer) return `its timer was ${was.timer}, and is ${is.timer}`;
  if (is.next !== was.next)
    return `it was to run next at ${was.next ?? "no time"}, and now at ${is.next ?? "no time"}`;
  if (is.lastRun !== was.lastRun) return "it has run meanwhile";
  return null;
}

function judgeSuite(before: SuiteLook, cancelled: EmergencySeen["cancelled"], after: SuiteLook): Outcome {
  const moved = before.services
    .filter(({ service, pid }) => after.services.find((one) => one.service === service)?.pid !== pid)
    .map(({ service }) => service);
  const trouble =
    cancelled !== null && !cancelled.ok
      ? `cancel failed: ${cancelled.says}`
      : moved.length > 0
        ? `${moved.join(", ")} did not run on`
        : null;
  const asked = cancelled === null ? "cancel was not asked, because a run had begun" : cancelled.says.trim();
  return plainOutcome({
    fault: "emergency",
    title,
    service: null,
    verdict: trouble !== null ? "broken" : cancelled === null ? "not-rehearsed" : "kept",
    promise: "cancel answers and leaves the timers armed, and no service is touched",
    because: "holdfast cancel",
    says: trouble ?? `${asked} Services ran on.`,
  });
}
