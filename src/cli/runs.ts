import { timeInZone } from "../gate/slots.ts";
import { exitCode } from "../report/diagnostic.ts";
import type { Run } from "../store/runs.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { choosePrograms } from "./choose.ts";
import { readCount } from "./logs.ts";
import type { Session } from "./session.ts";

/** holdfast runs: the record of a job's slots, newest first, and how long its runs take. */
export async function runRuns(
  session: Session,
  names: readonly string[],
  options: { lines: string },
): Promise<number> {
  const chosen = await choosePrograms(session, names, "jobs");
  const count = readCount(options.lines);
  const { runs } = session.record()!;
  const jobs = chosen.map(({ app, service }) => {
    const list = runs.latest(app, service.name, count);
    return { app, job: service.name, zone: service.job!.zone, runs: list, durations: durationsOf(list) };
  });
  const text = jobs.flatMap(({ app, job, zone, runs: list, durations }) => [
    session.out.style.strong(`${app}/${job}`) +
      (durations === null
        ? ""
        : `  ${list.length} recorded, median ${describeDuration(durations.median)}, 95 % within ${describeDuration(durations.p95)}`),
    ...list.map(
      (run) =>
        `  ${timeInZone(Date.parse(run.started), zone)}  ${run.result.padEnd(13)} ${run.trigger.padEnd(8)} ${printable(run.reason)}`,
    ),
  ]);
  session.out.result({ jobs }, text.join("\n"));
  return exitCode.done;
}

/** Of the runs that succeeded, in milliseconds; null when none has. */
function durationsOf(runs: readonly Run[]): { median: number; p95: number } | null {
  const spans = runs
    .flatMap((run) =>
      run.result === "succeeded" && run.ended !== null
        ? [Date.parse(run.ended) - Date.parse(run.started)]
        : [],
    )
    .toSorted((a, b) => a - b);
  if (spans.length === 0) return null;
  const at = (share: number) => spans[Math.min(spans.length - 1, Math.ceil(spans.length * share) - 1)]!;
  return { median: at(0.5), p95: at(0.95) };
}
