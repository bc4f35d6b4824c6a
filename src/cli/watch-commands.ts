import type { Command } from "commander";
import { exitCode } from "../report/diagnostic.ts";

/** What watches: started by units, not by people. */
export function addWatchCommands(program: Command): void {
  program
    .command("agent")
    .description("watch declared services and heal them; this is what holdfast-agent.service runs")
    .action(() => {
      // bin/holdfast starts the agent's own file; only with other options around it do we come here.
      process.stderr.write(
        'Start it as "holdfast agent" or "holdfast --user agent", without other options.\n',
      );
      process.exitCode = exitCode.usage;
    });
  program
    .command("check", { hidden: true })
    .description("look at the services of an application once, and heal; started by a timer")
    .argument("<app>", "the application")
    .action(async (app: string, _options: object, command: Command) => {
      const { user } = command.optsWithGlobals<{ user?: boolean }>();
      const { runCheck } = await import("./check.ts");
      process.exitCode = await runCheck([...(user ? ["--user"] : []), "check", app]);
    });
}
