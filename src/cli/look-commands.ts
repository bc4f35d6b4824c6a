import { Option, type Command } from "commander";
import { inSession } from "./in-session.ts";
import type { AuditOptions } from "./audit.ts";
import type { AcceptOptions } from "./audit-accept.ts";
import type { HealthOptions } from "./health.ts";
import { addLogCommands } from "./log-commands.ts";

/** Commands that only look. They read systemd, the journal and the record, and change nothing. */
export function addLookCommands(program: Command): void {
  program
    .command("status")
    .description("one screen: state, since when, use against limits, drift")
    .argument("[name...]", "applications or services; all by default")
    .option("--quiet", "print nothing; exit 0 when everything named is active")
    .action((names: string[], options: { quiet?: boolean }, command: Command) =>
      inSession(command, async (session) => (await import("./status.ts")).runStatus(session, names, options)),
    );
  program
    .command("health")
    .description("ask every check once, now; heals nothing. Exit 0 healthy, 1 degraded, 2 unhealthy")
    .argument("[name...]", "applications or services; all by default")
    .option("--quick", "only the checks that are quick; at most 5 s")
    .option("--comprehensive", "all of them, which is the default")
    .option("--component <check>", "only this check, by its name, kind or dependency")
    .action((names: string[], options: HealthOptions, command: Command) =>
      inSession(command, async (session) => (await import("./health.ts")).runHealth(session, names, options)),
    );
  program
    .command("beat")
    .description("inside a service with a beat check: say that the main loop turns; starts no Node (2.5 ms)")
    .action((_options: object, command: Command) =>
      inSession(command, async () => (await import("./beat.ts")).runBeat()),
    );
  program
    .command("doctor")
    .description("hold every promise of the spec against what is in force now; exit 1 when one is broken")
    .argument("[name...]", "applications or services; all by default")
    .action((names: string[], _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./doctor.ts")).runDoctor(session, names)),
    );
  program
    .command("probation")
    .description(
      "how what was installed or changed does in its probation, and enable what has passed; exit 1 when one has failed",
    )
    .argument("[name...]", "applications or services; all by default")
    .addOption(
      new Option("--settle", "as its timer does: say something only when there is something").hideHelp(),
    )
    .action((names: string[], options: { settle?: boolean }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./probation.ts")).runProbation(session, names, options),
      ),
    );
  program
    .command("inspect")
    .description("everything systemd says about a unit, unexplained")
    .argument("[name...]", "applications or services; all by default")
    .action((names: string[], _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./inspect.ts")).runInspect(session, names)),
    );
  program
    .command("graph")
    .description("what services depend on, and what depends on them")
    .argument("[name...]", "applications or services; all by default")
    .action((names: string[], _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./graph.ts")).runGraph(session, names)),
    );
  addAudit(program);
  addLogCommands(program);
  program
    .command("demo")
    .description(
      "the whole of it on a throwaway copy of this machine: apply an example, kill it, see it come back",
    )
    .action((_options: object, command: Command) =>
      inSession(command, async (session) => (await import("./demo.ts")).runDemo(session)),
    );
}

function addAudit(program: Command): void {
  const audit = program
    .command("audit")
    .description(
      "what is not as safe as it should be, each with a fix, and what is new; exit 1 from --fail-on on",
    )
    .argument("[name...]", "applications; all of them and the host by default")
    .option("--quick", "without the slow parts: the journal, git, packages, pending updates")
    .option("--host", "only what belongs to no application")
    .option("--fail-on <level>", "critical, error, warning, info or never", "error")
    .action((names: string[], options: AuditOptions, command: Command) =>
      inSession(command, async (session) => (await import("./audit.ts")).runAudit(session, names, options)),
    );
  audit
    .command("accept")
    .description("a finding is meant to be so: it stays on the list and fails nothing until its day")
    .argument("<finding>", "its id, such as audit/state-readable")
    .option("--app <name>", "the application, when several have it")
    .option("--where <place>", "the path, unit or address, when there are several")
    .requiredOption("--why <text>", "the reason, for the record")
    .requiredOption("--until <day>", "when it is looked at again: 90d, or 2027-03-31; at most a year")
    .action((id: string, options: AcceptOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./audit-accept.ts")).runAccept(session, id, options),
      ),
    );
}
