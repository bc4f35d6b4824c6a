import type { Command } from "commander";
import { inSession } from "./in-session.ts";

type PauseOptions = { until?: string; for?: string; why?: string; reason?: string };

/** Commands for jobs: what somebody does by hand instead of a timer, and the record of runs. */
export function addJobRunCommands(program: Command): void {
  program
    .command("runs")
    .description("the record of jobs: every slot that came, how it ended or why it did not run")
    .argument("[name...]", "jobs or applications; all by default")
    .option("-n, --lines <count>", "how many of each job", "20")
    .action((names: string[], options: { lines: string }, command: Command) =>
      inSession(command, async (session) => (await import("./runs.ts")).runRuns(session, names, options)),
    );
  program
    .command("pause")
    .description(
      "let the slots of jobs pass without a run, each is recorded; or look at a service no more, nor heal or tell it",
    )
    .argument("<name...>", "jobs, services, or an application for all of its jobs")
    .option("--until <time>", "when it ends by itself, such as 2026-12-01T00:00:00Z")
    .option("--for <span>", "the same as a span of time, such as 2d")
    .option("--why <text>", "the reason, for the record; a service needs one")
    .option("--reason <text>", "the same")
    .action((names: string[], options: PauseOptions, command: Command) =>
      inSession(command, async (session) => (await import("./pause.ts")).runPause(session, names, options)),
    );
  program
    .command("resume")
    .description("end a pause; nothing is made up for")
    .argument("<name...>", "jobs, services, or an application for all of its jobs")
    .option("--why <text>", "the reason, for the record")
    .action((names: string[], options: { why?: string }, command: Command) =>
      inSession(command, async (session) => (await import("./pause.ts")).runResume(session, names, options)),
    );
  program
    .command("cancel")
    .description("end a run that is going on; its timer stays armed")
    .argument("<name...>", "jobs, or an application for all of its jobs")
    .option("--why <text>", "the reason, for the record")
    .action((names: string[], options: { why?: string }, command: Command) =>
      inSession(command, async (session) => (await import("./pause.ts")).runCancel(session, names, options)),
    );
}
