import { Command, CommanderError, Option } from "commander";
import { exitCode } from "../report/diagnostic.ts";
import { addChangeCommands } from "./change-commands.ts";
import { addHardenCommands } from "./harden-commands.ts";
import { addHealCommands } from "./heal-commands.ts";
import { addIncidentCommands, addNotifyCommands } from "./incident-commands.ts";
import { addJobCommands } from "./job-commands.ts";
import { withFollow } from "./log-commands.ts";
import { addJobRunCommands } from "./job-run-commands.ts";
import { addLookCommands } from "./look-commands.ts";
import { addOperateCommands } from "./operate-commands.ts";
import { addRehearseCommands } from "./rehearse-commands.ts";
import { addSpecCommands } from "./spec-commands.ts";
import { addWatchCommands } from "./watch-commands.ts";

/** Every command with its options and arguments, as the command line and the documents have them. */
export function makeProgram(): Command {
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
    .configureHelp({ showGlobalOptions: true });
  addSpecCommands(program);
  addChangeCommands(program);
  addLookCommands(program);
  addJobCommands(program);
  addOperateCommands(program);
  addHardenCommands(program);
  addHealCommands(program);
  addJobRunCommands(program);
  addWatchCommands(program);
  addIncidentCommands(program);
  addNotifyCommands(program);
  addRehearseCommands(program);
  return program;
}

/** Parses the command line and runs what it asks for. */
export async function runProgram(): Promise<void> {
  tolerateClosedPipe();
  try {
    await makeProgram().parseAsync(withFollow(process.argv));
  } catch (error) {
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
    else reportBug(error);
  }
}

/** Anything that is not a HoldfastError is our own mistake: say so, and give what is needed to find it. */
function reportBug(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `This is a bug in holdfast ${HOLDFAST_VERSION}, not a mistake of yours. Please report it with these lines:\n${text}\n`,
  );
  process.exitCode = exitCode.failed;
}

/** A reader that went away, as in "holdfast logs | head", is no error. */
function tolerateClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCode.done);
    throw error;
  });
  // What is said on the way is for whoever still listens; the terminal of a change may go away in the middle of it.
  process.stderr.on("error", () => {});
}
