import { Argument, Option, type Command } from "commander";
import { inSession } from "./in-session.ts";
import type { ImportCommandOptions } from "./import.ts";
import type { LintOptions } from "./lint.ts";

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
    .command("import")
    .description(
      "make a spec of units, crontabs, PM2, supervisord, Procfile and compose files; runs nothing of them",
    )
    .argument("<paths...>", "files, or directories of them")
    .option("--from <format>", "what they are: crontab, pm2, supervisord, procfile, compose, units, watchdog")
    .option("--out <file>", "write the spec there instead of printing it; a directory when there are several")
    .option("--force", "replace a spec that is there")
    .option("--app <name>", "name of the application")
    .option("--account <name>", "the account that things ran as, where no file says so")
    .option("--zone <zone>", "time zone of the host that the files are from; this one's by default")
    .option(
      "--prove",
      "have systemd load units as they were and as they become, and compare all it has of them",
    )
    .action((paths: string[], options: ImportCommandOptions, command: Command) =>
      inSession(command, async (session) => (await import("./import.ts")).runImport(session, paths, options)),
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
    .command("lint")
    .description(
      "say which units will not start, will not do what they say, or are risky; exit 1 for the first two",
    )
    .argument("[path...]", "unit files, folders, or names of units; what is in /etc/systemd by default")
    .option("--fix", "mend what can be mended without a doubt, in the files themselves")
    .addOption(new Option("--format <format>", "how to report").choices(["text", "json", "sarif", "github"]))
    .option("--host", "hold the units against this host too: users, paths, programs, other units")
    .option("--no-host", "leave this host out of it, as for units of another one")
    .option("--target <version>", "systemd version to hold them against; this host's by default")
    .option("--all", "without a path: what packages and generators brought, too")
    .option("--no-verify", "leave systemd's own check out")
    .option("--strict", "exit 1 for risky things as well")
    .action((paths: string[], options: LintOptions, command: Command) =>
      inSession(
        command,
        async (session) => (await import("./lint.ts")).runLint(session, paths, options),
        options.format === "json",
      ),
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
