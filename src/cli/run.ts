import { runInForeground } from "../apply/foreground.ts";
import { tryRecording } from "../apply/try-recording.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { silentProgress } from "../report/progress.ts";
import type { Ending } from "../value/exit-status.ts";
import { printable } from "../value/printable.ts";
import { choosePrograms, chooseServices } from "./choose.ts";
import { runJob, type RunJobOptions } from "./run-job.ts";
import { interruptible } from "./interruptible.ts";
import type { Session } from "./session.ts";

/** holdfast run --foreground: the program of one service, in this terminal. Its exit code is ours. */
export async function runRun(
  session: Session,
  name: string,
  extraArguments: readonly string[],
  options: RunJobOptions & { foreground?: boolean },
): Promise<number> {
  if (!options.foreground) {
    const jobs = (await choosePrograms(session, [name])).filter(({ service }) => service.job !== null);
    if (jobs.length === 1) return runJob(session, name, options);
    throw howToRun(name);
  }
  const [chosen, ...others] = await chooseServices(session, [name]);
  if (others.length > 0)
    throw tooMany(
      name,
      [chosen!, ...others].map(({ service }) => service.name),
    );
  const { app, generation, service } = chosen!;
  const { desired } = generation;
  const host = await session.host();
  await session.assertMayChange(`run "${app}/${service.name}"`, `run --foreground ${name}`);
  const started = new Date();
  session.out.note(`${app}/${service.name} in the foreground as ${desired.user ?? "you"}; Ctrl-C stops it`);
  const end = await interruptible((signal, impatient) =>
    runInForeground(
      { host, desired, progress: silentProgress, signal, now: () => new Date() },
      service,
      // With --json stdout is one JSON value.
      { extraArguments, stdout: session.out.json ? 2 : 1, impatient },
    ),
  );
  if (end.replaced) session.out.note(`${service.unit} was started, which ended this copy: one copy runs`);
  else if (end.ending.result !== "success") session.out.note(end.explanation.sentence);
  const code = exitCodeOf(end.ending);
  const action = {
    at: started.toISOString(),
    who: session.who,
    app,
    unit: service.unit,
    action: "run in the foreground",
    why: options.why === undefined ? null : printable(options.why),
    result: `exit code ${code}`,
  };
  session.out.diagnose(
    tryRecording(
      () => session.writableRecord().records,
      (open) => open.audit(action),
    ),
  );
  session.out.result({ unit: service.unit, exitCode: code, ...end }, "");
  return code;
}

/** As a shell has it: 128 and the signal's number for a program that was killed. */
function exitCodeOf({ code, status }: Ending): number {
  if (code === "exited") return status;
  return code === "" ? exitCode.failed : 128 + status;
}

function howToRun(name: string): HoldfastError {
  const fix = `holdfast run --foreground ${name}`;
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/how-to-run",
      summary: `Cannot tell how to run ${name}`,
      detail: `in the background systemd runs it: holdfast start ${name}`,
      fix,
    },
    exitCode.usage,
  );
}

function tooMany(name: string, services: readonly string[]): HoldfastError {
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/which",
      summary: `Cannot run all services of "${name}" in one terminal: ${services.join(", ")}`,
      fix: `name one, such as ${name}/${services[0]}`,
    },
    exitCode.usage,
  );
}
