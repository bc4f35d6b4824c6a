import type { Command } from "commander";
import { inSession } from "./in-session.ts";
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
