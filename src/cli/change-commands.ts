import type { Command } from "commander";
import { inSession } from "./in-session.ts";

/** Commands that make a plan and carry it out. */
export function addChangeCommands(program: Command): void {
  program
    .command("plan")
    .description("show what apply would change, and what each change does")
    .option("--out <file>", "save the plan, for: apply --plan")
    .option("--check", "exit 3 when there is something to change")
    .option("--adopt", "take over unit files that others wrote and that stand in the way")
    .option("--switch-env", "let what is installed become another environment")
    .action(
      (options: { out?: string; check?: boolean; adopt?: boolean; switchEnv?: boolean }, command: Command) =>
        inSession(command, async (session) => (await import("./apply.ts")).runPlan(session, options)),
    );
  program
    .command("apply")
    .description("bring the host to what the spec says, all of it or nothing")
    .option("--plan <file>", "carry out this saved plan, if it still holds")
    .option("--no-notify-test", "do not show that messages arrive; that is recorded")
    .option("--adopt", "take over unit files that others wrote; they are kept, and remove puts them back")
    .option("--switch-env", "let what is installed become another environment")
    .action(
      (
        options: { plan?: string; notifyTest?: boolean; adopt?: boolean; switchEnv?: boolean },
        command: Command,
      ) => inSession(command, async (session) => (await import("./apply.ts")).runApply(session, options)),
    );
  program
    .command("rollback")
    .description("go back to an earlier generation, as a new one")
    .argument("[app]", "the application, when there are several")
    .option("--to <generation>", "its number; the one before by default")
    .option("--dry-run", "show the plan only")
    .action((app: string | undefined, options: { to?: string; dryRun?: boolean }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./rollback.ts")).runRollback(session, app, options),
      ),
    );
  program
    .command("remove")
    .description("remove what was installed; data stays")
    .argument("[app]", "the application, when there are several")
    .option("--dry-run", "show the plan only")
    .action((app: string | undefined, options: { dryRun?: boolean }, command: Command) =>
      inSession(command, async (session) => (await import("./rollback.ts")).runRemove(session, app, options)),
    );
}
