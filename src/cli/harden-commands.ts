import type { Command } from "commander";
import type { HardenOptions } from "./harden.ts";
import { inSession } from "./in-session.ts";

/** Commands that find out what a service needs. */
export function addHardenCommands(program: Command): void {
  const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  program
    .command("harden")
    .description(
      "find the tightest sandbox that a service survives, on a throwaway copy of this machine; changes nothing",
    )
    .argument("<service>", "a service of the spec")
    .option(
      "--exercise <command>",
      "a command that uses the service; exit 0 is good; may be given again",
      several,
    )
    .option("--write", "write what was learned to hardening/PROFILE.yaml beside the spec")
    .option("--profile <name>", "its name; APP-SERVICE by default, or the one that the spec names")
    .action((service: string, options: HardenOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./harden.ts")).runHarden(session, service, options),
      ),
    );
  program
    .command("harden-inside", { hidden: true })
    .argument("<service>")
    .requiredOption("--given <json>")
    .action((service: string, options: { given: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./harden-inside.ts")).runHardenInside(session, service, options),
      ),
    );
}
