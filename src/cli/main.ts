import { Command, CommanderError, Option } from "commander";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { GlobalOptions, Session } from "./session.ts";

/** Runs a command in a session and turns what it throws into words. Modules load only when their command runs. */
async function inSession(command: Command, work: (session: Session) => Promise<number>): Promise<void> {
  const { Session } = await import("./session.ts");
  const session = new Session(command.optsWithGlobals<GlobalOptions>());
  try {
    process.exitCode = await work(session);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    session.out.diagnose(error.diagnostics);
    if (session.out.json) session.out.result({ ok: false }, "");
    process.exitCode = error.exitCode;
  } finally {
    await session.close().catch(() => {});
  }
}

function makeProgram(): Command {
  const program = new Command("holdfast")
    .description("One file to a running, proven service: native systemd, installed as one reversible change.")
    .version(HOLDFAST_VERSION)
    .addOption(new Option("-f, --file <file>", "the spec").default("holdfast.yaml"))
    .option("--env <name>", "environment to lay over the spec")
    .option("--user", "the user's own systemd instead of the system's")
    .option("--json", "results as JSON on stdout")
    .showSuggestionAfterError()
    .showHelpAfterError("(see: holdfast --help)")
    .exitOverride()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true });

  program
    .command("compile")
    .description("print the files that the spec becomes, without a host")
    .option("--explain", "after each directive, the line or rule that caused it")
    .option("--target <version>", "systemd version to compile for, such as 252; this host's by default")
    .option("--out <directory>", "write the files there instead of printing them")
    .action(async (options: { explain?: boolean; target?: string; out?: string }, command: Command) => inSession(command, async (session) => (await import("./compile.ts")).runCompile(session, options)));
  program
    .command("plan")
    .description("show what apply would change, and what each change does")
    .option("--out <file>", "save the plan, for: apply --plan")
    .option("--check", "exit 3 when there is something to change")
    .action(async (options: { out?: string; check?: boolean }, command: Command) => inSession(command, async (session) => (await import("./apply.ts")).runPlan(session, options)));
  program
    .command("apply")
    .description("bring the host to what the spec says, all of it or nothing")
    .option("--plan <file>", "carry out this saved plan, if it still holds")
    .action(async (options: { plan?: string }, command: Command) => inSession(command, async (session) => (await import("./apply.ts")).runApply(session, options)));
  program
    .command("rollback")
    .description("go back to an earlier generation, as a new one")
    .argument("[app]", "the application, when there are several")
    .option("--to <generation>", "its number; the one before by default")
    .option("--dry-run", "show the plan only")
    .action(async (app: string | undefined, options: { to?: string; dryRun?: boolean }, command: Command) => inSession(command, async (session) => (await import("./rollback.ts")).runRollback(session, app, options)));
  program
    .command("remove")
    .description("remove what was installed; data stays")
    .argument("[app]", "the application, when there are several")
    .option("--dry-run", "show the plan only")
    .action(async (app: string | undefined, options: { dryRun?: boolean }, command: Command) => inSession(command, async (session) => (await import("./rollback.ts")).runRemove(session, app, options)));
  program
    .command("status")
    .description("one screen: state, since when, use against limits, drift")
    .argument("[name...]", "applications or services; all by default")
    .option("--quiet", "print nothing; exit 0 when everything named is active")
    .action(async (names: string[], options: { quiet?: boolean }, command: Command) => inSession(command, async (session) => (await import("./status.ts")).runStatus(session, names, options)));
  program
    .command("demo")
    .description("the whole of it on a throwaway copy of this machine: apply an example, kill it, see it come back")
    .action(async (_options: object, command: Command) => inSession(command, async (session) => (await import("./demo.ts")).runDemo(session)));
  return program;
}

async function main(): Promise<void> {
  try {
    await makeProgram().parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
    else reportBug(error);
  }
}

/** Anything that is not a HoldfastError is our own mistake: say so, and give what is needed to find it. */
function reportBug(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`This is a bug in holdfast ${HOLDFAST_VERSION}, not a mistake of yours. Please report it with these lines:\n${text}\n`);
  process.exitCode = exitCode.failed;
}

// A reader that went away, as in "holdfast logs | head", is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCode.done);
  throw error;
});

void main();
