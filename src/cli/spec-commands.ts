import type { Command } from "commander";
import { inSession } from "./in-session.ts";

/** Commands about the spec alone: nothing on the host changes. */
export function addSpecCommands(program: Command): void {
  program
    .command("compile")
    .description("print the files that the spec becomes, without a host")
    .option("--explain", "after each directive, the line or rule that caused it")
    .option("--target <version>", "systemd version to compile for, such as 252; this host's by default")
    .option("--out <directory>", "write the files there instead of printing them")
    .action((options: { explain?: boolean; target?: string; out?: string }, command: Command) =>
      inSession(command, async (session) => (await import("./compile.ts")).runCompile(session, options)),
    );
  program
    .command("explain")
    .description("what a key of the spec means, its default, what it becomes; without a key, all of them")
    .argument("[key]", "such as services.bot.restart.limit, restart.limit, memory, or MemoryMax")
    .action((query: string | undefined, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./explain.ts")).runExplain(session, query)),
    );
  program
    .command("schema")
    .description("print the JSON Schema of holdfast.yaml, for editors that complete and check YAML")
    .action((_options: object, command: Command) =>
      inSession(command, async (session) => (await import("./schema.ts")).runSchema(session)),
    );
}
