import type { Command } from "commander";
import type { Verb } from "../apply/verbs.ts";
import type { VerbOptions } from "./verbs.ts";
import type { RunJobOptions } from "./run-job.ts";
import { inSession } from "./in-session.ts";

/** Verbs for running services: they go through systemd and are recorded as what somebody decided. */
export function addOperateCommands(program: Command): void {
  addVerb(program, "start", "start, wait until ready; ends what stop began");
  addVerb(program, "stop", "stop, and leave it stopped: apply does not start it until somebody does");
  addVerb(program, "restart", "start anew, wait until ready; does not count towards the restart limit");
  addVerb(program, "reload", "have it read its settings again; the same process must run on");
  addVerb(
    program,
    "reset",
    "after it gave up or its breaker opened (then with --reason): clear counters, start, see that it works",
  );
  addVerb(program, "enable", "start at boot, whatever the spec says")
    .option("--now", "start it too")
    .option("--override", "before it has passed its probation; needs --why");
  addVerb(program, "disable", "do not start at boot; a running service runs on").option(
    "--now",
    "stop it too",
  );
  program
    .command("run")
    .description("run a job now, through its gate; or the program of a service in this terminal")
    .option(
      "--foreground",
      "a service: here, until it ends or Ctrl-C stops it; same account, limits and sandbox",
    )
    .option("--override", "a job: pass a gate that is closed; needs --why")
    .option("--why <text>", "the reason, for the record")
    .option("--dry", "a job: with the words of dry-run; leaves no run")
    .option("--ask", "a job: say whether it would run, and why; run nothing")
    .option("--at <time>", "a job: the same for another moment, such as 2026-11-27T08:00:00-06:00")
    .argument("<name>", "a job or a service")
    .argument("[extra...]", "further arguments for the program, after --")
    .action(
      (name: string, extra: string[], options: RunJobOptions & { foreground?: boolean }, command: Command) =>
        inSession(command, async (session) =>
          (await import("./run.ts")).runRun(session, name, extra, options),
        ),
    );
  program
    .command("record-give-up", { hidden: true })
    .description("started by systemd when a service has given up")
    .argument("<app>")
    .argument("<unit>", "its name without the suffix")
    .action((app: string, unit: string, _options: object, command: Command) =>
      inSession(command, async (session) =>
        (await import("./record-give-up.ts")).runRecordGiveUp(session, app, unit),
      ),
    );
}

function addVerb(program: Command, verb: Verb, description: string): Command {
  return program
    .command(verb)
    .description(description)
    .argument("<name...>", "services, or an application for all of its services")
    .option("--why <text>", "the reason, for the record")
    .option("--reason <text>", "the same")
    .action((names: string[], options: VerbOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./verbs.ts")).runVerb(session, verb, names, options),
      ),
    );
}
