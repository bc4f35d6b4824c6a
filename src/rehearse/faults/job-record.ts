import type { RunResult } from "../../store/run-result.ts";
import type { Trigger } from "../../store/runs.ts";
import type { JobSubject } from "../job-subject.ts";
import type { Stage } from "../stage.ts";

/** By hand and past its gate, so that it is the same on any day and at any time. */
export const pastItsGate = ["--override", "--why", "rehearsed"];

/** Directives that have a unit run something else. */
export const program = (...argv: string[]): string[] => ["ExecStart=", `ExecStart=${argv.join(" ")}`];

/** A run as holdfast runs has it. */
export type Ran = {
  slot: string | null;
  trigger: Trigger;
  result: RunResult;
  reason: string;
  started: string;
  ended: string | null;
};

/** Where every fault of a job begins: its timer rests, and no run goes on. */
export async function settleJob({ unit, timer }: JobSubject, stage: Stage): Promise<void> {
  if (timer !== null) await stage.run(["systemctl", "stop", timer]);
  await stage.run(["systemctl", "stop", unit]);
  await stage.outside.systemd.resetFailed(unit).catch(() => {});
}

/** The latest run on record; null when there is none. */
export async function latestRun(stage: Stage, app: string, job: string): Promise<Ran | null> {
  return (await runsOf(stage, app, job))[0] ?? null;
}

/** The runs on record, newest first. */
export async function runsOf(stage: Stage, app: string, job: string): Promise<Ran[]> {
  const { stdout } = await stage.holdfast("--json", "runs", `${app}/${job}`);
  return (JSON.parse(stdout) as { jobs: { runs: Ran[] }[] }).jobs[0]!.runs;
}
