import type { JobStatus } from "../observe/job-status.ts";
import { timeInZone } from "../gate/slots.ts";
import { describeDuration } from "../value/duration.ts";
import type { Style } from "../report/style.ts";

/** A line for each job, and the chain of the day under them. */
export function describeJobs(jobs: readonly JobStatus[], style: Style): string[] {
  if (jobs.length === 0) return [];
  const width = Math.max(...jobs.map((job) => job.job.length));
  return [...jobs.map((job) => describeJob(job, width, style)), describeDay(jobs, style)];
}

function describeJob(job: JobStatus, width: number, style: Style): string {
  const next =
    job.next === null
      ? job.timer === "no times"
        ? "started by hand only"
        : "NOT ARMED"
      : `next ${timeInZone(Date.parse(job.next), job.zone)} ${job.zone}`;
  const last =
    job.last === null
      ? "never ran"
      : `last ${job.last.result} ${timeInZone(Date.parse(job.last.started), job.zone)}${took(job)}`;
  const paused =
    job.paused === null
      ? ""
      : `  ${style.warn(`paused by ${job.paused.who}${job.paused.until === null ? "" : ` until ${job.paused.until}`}`)}`;
  const lines = [`  ${markOf(job, style)} ${job.job.padEnd(width)}  ${next}  ${last}${paused}`];
  if (job.today.result !== null && !["succeeded", "running"].includes(job.today.result))
    lines.push(`      ${job.today.result}: ${job.today.reason ?? ""}`);
  return lines.join("\n");
}

function took({ last }: JobStatus): string {
  return last?.ended ? ` (${describeDuration(Date.parse(last.ended) - Date.parse(last.started))})` : "";
}

function markOf(job: JobStatus, style: Style): string {
  if (job.timer === "not armed") return style.bad("✗");
  switch (job.today.result) {
    case null:
      return style.dim("·");
    case "succeeded":
      return style.good("✓");
    case "running":
      return style.good("▶");
    case "closed-day":
    case "already-done":
      return style.dim("-");
    default:
      return style.bad("✗");
  }
}

/** "2026-11-23: preflight ✓ -> trading ✗ blocked -> status 2/7 -> eod ·" */
function describeDay(jobs: readonly JobStatus[], style: Style): string {
  const [first] = jobs;
  const links = jobs.map(({ job, today }) => {
    const count = today.slots > 1 ? ` ${today.succeeded}/${today.slots}` : "";
    const state =
      today.result === null
        ? "·"
        : today.result === "succeeded"
          ? "✓"
          : today.result === "running"
            ? "▶"
            : `✗ ${today.result}`;
    return `${job} ${count === "" ? state : count.trim()}`;
  });
  const failed = jobs.some(
    ({ critical, today }) =>
      critical && today.result !== null && !["succeeded", "running", "closed-day"].includes(today.result),
  );
  const verdict =
    first!.today.closed !== null
      ? style.dim(`  closed: ${first!.today.closed}`)
      : failed
        ? style.bad("  the day has failed")
        : "";
  return `  ${first!.today.date}: ${links.join(" -> ")}${verdict}`;
}
