import type { Command } from "commander";
import { inSession } from "./in-session.ts";
import type { ScheduleOptions } from "./schedule.ts";

/** Commands about jobs alone. */
export function addJobCommands(program: Command): void {
  program
    .command("schedule")
    .description("the coming runs of jobs: in their zone and the host's, with holidays and clock changes")
    .argument("[job...]", "jobs or applications; all by default")
    .option("--days <count>", "so many days, such as 92 for a quarter; 1 by default")
    .option("--week", "seven days")
    .option("--year", "365 days")
    .option("--from <date>", "the first day, such as 2026-11-23; today by default")
    .action((names: string[], options: Omit<ScheduleOptions, "fromSpec">, command: Command) =>
      inSession(command, async (session) => {
        const named = (option: string) => command.getOptionValueSourceWithGlobals(option) === "cli";
        const fromSpec = named("file") || named("env");
        return (await import("./schedule.ts")).runSchedule(session, names, { ...options, fromSpec });
      }),
    );
  program
    .command("record-missed", { hidden: true })
    .description("started by a timer: record runs that did not happen")
    .argument("<app>")
    .option("--at <time>", "look as at that time; of a rehearsal, which cannot wait for a slot")
    .action((app: string, { at }: { at?: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./record-missed.ts")).runRecordMissed(
          session,
          app,
          at === undefined ? Date.now() : Date.parse(at),
        ),
      ),
    );
}
