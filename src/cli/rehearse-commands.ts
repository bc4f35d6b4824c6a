import type { Command } from "commander";
import { inSession } from "./in-session.ts";
import type { DrillCommandOptions } from "./drill.ts";
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
    .option("--list", "the faults there are, and those that cannot be rehearsed yet")
    .option(
      "--grant <secret...>",
      "secrets that the copy gets as they are; all others are replaced by stand-ins",
    )
    .option("--real-time", "no pause of the spec is shortened")
    .option("--strict", "exit 1 also for what the spec does not promise")
    .option("--junit <file>", "write the report for a CI, too")
    .option("--html <file>", "write the report as one page with pictures, too")
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
    .option("--junit <file>", "write the report for a CI, too")
    .option("--html <file>", "write the report as one page with pictures, too")
    .action((services: string[], options: DrillCommandOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./drill.ts")).runDrill(session, services, options),
      ),
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
