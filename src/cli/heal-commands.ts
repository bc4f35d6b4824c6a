import type { Command } from "commander";
import { inSession } from "./in-session.ts";

/** What heals a service: asked for by a person, or started by who watches. */
export function addHealCommands(program: Command): void {
  program
    .command("carry-heal", { hidden: true })
    .description("started by who watches, to carry out a heal that is on record")
    .argument("<id>", "number of the heal", Number)
    .action((id: number, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./carry-heal.ts")).runCarryHeal(session, id)),
    );
}
