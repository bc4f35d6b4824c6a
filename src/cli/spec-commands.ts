import { Argument, type Command } from "commander";
import { inSession } from "./in-session.ts";

/** Commands about the spec alone: nothing on the host changes. */
export function addSpecCommands(program: Command): void {
  program
    .command("init")
    .description("write a first spec from what is in a directory; runs nothing of it")
    .argument("[directory]", "the application's directory; this one by default")
    .option("--print", "print the spec instead of writing it")
    .option("--force", "replace a spec that is there")
    .action(
      (directory: string | undefined, options: { print?: boolean; force?: boolean }, command: Command) =>
        inSession(command, async (session) =>
          (await import("./init.ts")).runInit(session, directory, options),
        ),
    );
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
  program
    .command("completion")
    .description("print what a shell needs to complete commands, options, services and keys")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(["bash", "zsh", "fish"]))
    .action((shell: string, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./completion.ts")).runCompletion(session, shell)),
    );
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      process.exitCode = await (await import("./complete.ts")).runComplete(program, words);
    });
}
