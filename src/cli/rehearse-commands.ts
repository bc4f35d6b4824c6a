import { Option, type Command } from "commander";
import { inSession } from "./in-session.ts";
import type { DrillCommandOptions } from "./drill-options.ts";
import type { RehearseCommandOptions } from "./rehearse.ts";

/** Proof: what happens when things break, on a copy that nobody will miss. */
export function addRehearseCommands(program: Command): void {
  program
    .command("rehearse")
    .description(
      "break the application on a throwaway copy of this machine, and say which promises held; exit 1 when one did not",
    )
    .argument("[service...]", "services of the spec; all by default")
    .option("--fault <name...>", "only these; see --list")
    .option("--suite <name>", "standard, or all")
    .option("--last", "break nothing: print the report again that was kept last")
    .option("--list", "the faults there are, and what they need")
    .option(
      "--grant <secret...>",
      "secrets that the copy gets as they are; all others are replaced by stand-ins",
    )
    .option("--real-time", "no pause of the spec is shortened")
    .option("--strict", "exit 1 also for what the spec does not promise")
    .option("--junit <file>", "write the report for a CI, too")
    .option("--html <file>", "write the report as one page with pictures, too")
    .option(
      "--vm",
      "on a copy with a kernel and a clock of its own, by qemu; slower, and its suite is what needs it",
    )
    .option("--size <size>", "of all that is written on the copy, in memory; 2G, or less on a small machine")
    .option(
      "--empty <directory...>",
      "directories that are empty on the copy, such as data that is too large for it",
    )
    .option("--on <tree>", "another tree than this machine's own, such as one of debootstrap")
    .option(
      "--compare <tree>",
      "on this machine's own tree and on another, and say what differs: an upgrade before it is made",
    )
    .action((services: string[], options: RehearseCommandOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./rehearse.ts")).runRehearse(session, services, options),
      ),
    );
  program
    .command("drill")
    .description(
      "do harmless faults to the services that run here, live, while nobody is told; exit 1 when a promise was broken",
    )
    .argument("[service...]", "services of one application; all by default")
    .option("--fault <name...>", "these; all that are safe: all")
    .option("--during <window>", "only within these hours of the spec's windows")
    .option("--yes", "agree to what is said will be done")
    .option("--reboot", "with --fault reboot: restart this machine now")
    .option("--junit <file>", "write the report for a CI, too")
    .option("--html <file>", "write the report as one page with pictures, too")
    .addOption(new Option("--clear", "put back what a drill that was killed has left").hideHelp())
    .addOption(
      new Option("--remind", "as its timer does: break nothing, say that a drill is overdue").hideHelp(),
    )
    .action(
      (
        services: string[],
        options: DrillCommandOptions & { remind?: boolean; clear?: boolean },
        command: Command,
      ) =>
        inSession(command, async (session) => {
          if (options.remind)
            return (await import("./remind-of-drill.ts")).runDrillReminder(session, services);
          if (options.clear) return (await import("./clear-drill.ts")).runClearDrill(session, services);
          return (await import("./drill.ts")).runDrill(session, services, options);
        }),
    );
  program
    .command("rehearse-inside", { hidden: true })
    .action(async () =>
      (await import("../rehearse/inside/serve.ts")).serveRehearsal(
        (await import("./session.ts")).holdfastProgram(),
      ),
    );
  program
    .command("rehearse-upstreams", { hidden: true })
    .argument("<plan>")
    .action(async (plan: string) => (await import("../rehearse/inside/stubs.ts")).runStubs(plan));
  program
    .command("rehearse-load", { hidden: true })
    .argument("<kind>")
    .argument("<of>")
    .argument("<amount>")
    .argument("[path]")
    .action(async (kind: string, of: string, amount: string, path = "") =>
      (await import("../rehearse/inside/load.ts")).runLoad(kind as never, Number(of), Number(amount), path),
    );
}
