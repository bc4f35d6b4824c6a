import { Option, type Command } from "commander";
import type { DiagnoseOptions } from "./diagnose.ts";
import { inSession } from "./in-session.ts";
import type { LogsOptions } from "./logs.ts";
import type { VacuumOptions } from "./maintain-logs.ts";

/**
 * After "logs", -f means --follow as everywhere else, although it names the spec for all other commands: the parser
 * gives an option of the whole program to the program wherever it stands.
 */
export function withFollow(argv: readonly string[]): string[] {
  const takesValue = new Set(["-f", "--file", "--env"]);
  const command = argv.findIndex(
    (word, index) => index >= 2 && !word.startsWith("-") && !takesValue.has(argv[index - 1]!),
  );
  if (argv[command] !== "logs") return [...argv];
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.flatMap((word, index) => {
    if (index <= command || index >= end || !/^-f[a-z0-9]*$/.test(word)) return [word];
    return word === "-f" ? ["--follow"] : ["--follow", `-${word.slice(2)}`];
  });
}

/** Commands about what happened: the log, its store, the reasons, the record. */
export function addLogCommands(program: Command): void {
  program
    .command("logs")
    .description("what services wrote and what systemd says about them")
    .argument("[name...]", "applications or services; all by default")
    .option("-f, --follow", "go on with what comes")
    .option("--since <time>", "10m, today, yesterday, -1h, 2026-11-21 08:00")
    .option("--until <time>", "the same, for the end")
    .option("-n, --lines <count>", "only the newest so many; 200 without --since, 10 with --follow, else all")
    .addOption(
      new Option("--level <level>", "this level and worse, by priority or by what the line says").choices([
        "error",
        "warning",
        "info",
        "debug",
      ]),
    )
    .option("--grep <text>", "only lines that hold this text")
    .option("--checks", "what checks and heals say, too, and how each check stands")
    .option("--only-checks", "the same without the services' own lines and systemd's")
    .option("--identifier <name>", "only lines under this identifier")
    .option("--precise", "microseconds and the offset from UTC")
    .option("--export <file>", "write the lines to a new file that only you can read")
    .option("--force", "let --export replace a file")
    .action((names: string[], options: LogsOptions, command: Command) =>
      inSession(command, async (session) => (await import("./logs.ts")).runLogs(session, names, options)),
    );
  program
    .command("diagnose")
    .description("why a service is not well: state, every end with its reason, limits, likely cause and fix")
    .argument(
      "[name...]",
      "applications or services, all by default; or any unit of the host, such as nginx.service",
    )
    .option("--since <time>", "how far back to list ends: 10m, today; a day by default")
    .option("-n, --lines <count>", "last lines of its log to show", "20")
    .action((names: string[], options: DiagnoseOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./diagnose.ts")).runDiagnose(session, names, options),
      ),
    );
  program
    .command("history")
    .description("what was changed, by whom and how it went; what was done by hand; what crashed and gave up")
    .argument("[name]", "an application, or one of its services or jobs")
    .option("-n, --lines <count>", "the newest so many", "50")
    .action((name: string | undefined, options: { lines: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./history.ts")).runHistory(session, name, options),
      ),
    );
  addMaintainLogs(program.command("maintain").description("housekeeping"));
}

function addMaintainLogs(maintain: Command): void {
  const logs = maintain.command("logs").description("an application's own journal; nobody else's");
  const app = "the application, when there are several";
  logs
    .command("usage")
    .description("what it takes on the disk, and what it may take")
    .argument("[app]", app)
    .action((name: string | undefined, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./maintain-logs.ts")).runUsage(session, name)),
    );
  logs
    .command("rotate")
    .description("close the current journal file and begin a new one")
    .argument("[app]", app)
    .action((name: string | undefined, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./maintain-logs.ts")).runRotate(session, name)),
    );
  logs
    .command("vacuum")
    .description("throw old entries away")
    .argument("[app]", app)
    .option("--keep <span>", "keep what is younger than this, such as 7d")
    .option("--max <size>", "keep at most this much, such as 500M")
    .action((name: string | undefined, options: VacuumOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./maintain-logs.ts")).runVacuum(session, name, options),
      ),
    );
}
