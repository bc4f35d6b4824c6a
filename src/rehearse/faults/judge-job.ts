import type { RunResult } from "../../store/run-result.ts";
import { isWorse, worstOf } from "../../value/severity.ts";
import type { JobScene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { latestRun } from "./job-record.ts";
import { describeTold, waitTold } from "./wait-told.ts";

/** What is to be on record and told of a run that went wrong. */
export async function judgeFailure(
  scene: JobScene,
  expected: RunResult,
  since: number,
  promise: string,
  because: string,
): Promise<Seen> {
  const { subject, stage, watch } = scene;
  const { app, name } = subject;
  const run = await latestRun(stage, app, name);
  if (run?.result !== expected)
    return {
      verdict: "broken",
      promise,
      because,
      says: `it is on record as ${run === null ? "nothing at all" : `${run.result}: ${run.reason}`}`,
      fix: `see: holdfast runs ${name}`,
    };
  watch.note("check", `on record as ${run.result}: ${run.reason}`);
  return judgeTold(scene, since, `on record as ${run.result} (${run.reason})`, promise, because);
}

/** What went wrong with a job is on record; now somebody is to hear of it, and of a critical one as critical. */
export async function judgeTold(
  { subject, stage, watch }: JobScene,
  since: number,
  recorded: string,
  promise: string,
  because: string,
): Promise<Seen> {
  const { app, name, job } = subject;
  const detect = watch.now;
  const told = await waitTold(stage, app, since, ({ summary }) => summary.includes(name));
  if (told.length === 0)
    return {
      verdict: "broken",
      promise,
      because,
      detect,
      says: `${recorded}, and nobody would have been told`,
      fix: "see: holdfast notify preview",
    };
  if (job.critical && stage.spec.notify === undefined)
    return {
      verdict: "gap",
      promise,
      because: `jobs.${name}.critical`,
      detect,
      says: `${recorded}, and told nobody: it is critical, and the spec has no notify`,
      fix: "notify: { channels: { mail: { email: { server, from, to } } } }",
    };
  const severity = worstOf(told.map((one) => one.severity))!;
  if (job.critical && isWorse("critical", severity))
    return {
      verdict: "broken",
      promise,
      because: `jobs.${name}.critical`,
      detect,
      says: `it is critical, and was told as ${severity}`,
      fix: "see: holdfast notify preview",
    };
  return {
    verdict: "kept",
    promise,
    because,
    detect,
    says: `${recorded}, ${describeTold(told, stage.spec)}`,
  };
}

/** Each job that needs this one is to be refused by its gate, with this one as the reason. */
export async function judgeDependents({ subject, stage }: JobScene, seen: Seen): Promise<Seen> {
  const { app, name, dependents } = subject;
  const words: string[] = [];
  for (const other of dependents) {
    await stage.holdfast("run", `${app}/${other}`);
    const run = await latestRun(stage, app, other);
    if (run?.result === "already-done") {
      words.push(`${other} had run before`);
      continue;
    }
    if (run?.result !== "blocked" || !run.reason.includes(name))
      return {
        ...seen,
        verdict: "broken",
        because: `jobs.${other}.needs`,
        says: `${other} needs it, and was not blocked: ${run?.result ?? "nothing"} is on record`,
      };
    words.push(`${other} is blocked`);
  }
  return words.length === 0 ? seen : { ...seen, says: `${seen.says}; ${words.join(", ")}` };
}
