import { Option, type Command } from "commander";
import { inSession } from "./in-session.ts";

/** What heals a service: asked for by a person, or started by who watches. */
export function addHealCommands(program: Command): void {
  program
    .command("heal")
    .description("restart as a heal does: evidence first, whatever is left killed, and proven to work again")
    .argument("<name...>", "services, or an application for all of its services")
    .option("--why <text>", "the reason, for the record")
    .addOption(new Option("--reason <text>", "the same").hideHelp())
    .action((names: string[], options: { why?: string; reason?: string }, command: Command) =>
      inSession(command, async (session) => (await import("./heal.ts")).runHeal(session, names, options)),
    );
  program
    .command("carry-heal", { hidden: true })
    .description("started by who watches, to carry out a heal that is on record")
    .argument("<id>", "number of the heal", Number)
    .action((id: number, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./carry-heal.ts")).runCarryHeal(session, id)),
    );
}
