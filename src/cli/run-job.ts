import { runInSandbox } from "../apply/sandbox-run.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import { decideRun } from "../gate/decide.ts";
import { lookAtGate } from "../gate/pass-gate.ts";
import { timeInZone } from "../gate/slots.ts";
import type { Host } from "../host/host.ts";
import { textOf } from "../host/properties.ts";
import type { DesiredService } from "../plan/desired.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { silentProgress } from "../report/progress.ts";
import { printable } from "../value/printable.ts";
import { choosePrograms, type Chosen } from "./choose.ts";
import type { Session } from "./session.ts";

export type RunJobOptions = { why?: string; override?: boolean; dry?: boolean; ask?: boolean; at?: string };

/** An override is for this start: the gate takes it within moments. */
const overrideLasts = 60_000;

/** holdfast run JOB: by hand, through the same gate as its timer. */
export async function runJob(session: Session, name: string, options: RunJobOptions): Promise<number> {
  const [chosen] = await choosePrograms(session, [name], "jobs");
  if (options.ask || options.at !== undefined) return ask(session, chosen!, options.at);
  if (options.dry) return dryRun(session, chosen!);
  return start(session, chosen!, options);
}

/** Says whether the job would run at a moment, and why; nothing is recorded. A timer's start is what is asked about. */
function ask(session: Session, { app, service }: Chosen, at: string | undefined): number {
  const now = at === undefined ? Date.now() : Date.parse(at);
  if (Number.isNaN(now))
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/bad-time",
        summary: `Cannot read the time "${at}"`,
        fix: "--at 2026-11-27T08:00:00-06:00",
      },
      exitCode.usage,
    );
  const { runs } = session.record()!;
  const input = lookAtGate(service.job!, { now, timerElapsed: now }, runs);
  const decision = decideRun(input);
  const verdict = decision.run ? "would run" : `would not run (${decision.result})`;
  const text = `${app}/${service.name} ${verdict} at ${timeInZone(now, service.job!.zone)} ${service.job!.zone}: ${decision.reason}`;
  session.out.result(
    {
      app,
      job: service.name,
      at: new Date(now).toISOString(),
      slot: input.slot,
      tradingDay: input.tradingDay,
      ...decision,
    },
    text,
  );
  return decision.run ? exitCode.done : exitCode.failed;
}

async function start(session: Session, { app, service }: Chosen, options: RunJobOptions): Promise<number> {
  if (options.override && options.why === undefined) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/no-reason",
        summary: `Cannot pass the gate of "${service.name}" without a reason`,
        fix: `--override --why "..."`,
      },
      exitCode.usage,
    );
  }
  await session.assertMayChange(`run "${app}/${service.name}"`, `run ${service.name}`);
  const { runs, records } = session.writableRecord();
  const began = new Date();
  if (options.override)
    runs.allowOnce(
      app,
      service.name,
      session.who,
      options.why!,
      new Date(began.getTime() + overrideLasts).toISOString(),
    );
  const running = runs.running(app, service.name);
  if (running) {
    throw new HoldfastError({
      severity: "error",
      code: "run/still-running",
      summary: `Cannot run "${service.name}" now: the run that began at ${running.started} has not ended`,
      fix: `wait for it, or end it: holdfast cancel ${service.name}`,
    });
  }
  const host = await session.host();
  session.out.note(`${app}/${service.name} goes to its gate ...`);
  await host.systemd.start(service.unit, { timeout: service.job!.timeout + service.stopTimeout + 60_000 });
  const run = runs.latest(app, service.name, 1)[0];
  if (!run || Date.parse(run.started) < began.getTime() - 1000) throw await notEvenAtGate(host, service);
  records.audit({
    at: began.toISOString(),
    who: session.who,
    app,
    unit: service.unit,
    action: options.override ? "run with override" : "run",
    why: options.why ?? null,
    result: run.result,
  });
  session.out.result({ run }, `${app}/${service.name} ${run.result}: ${printable(run.reason)}`);
  return run.result === "succeeded" || run.result === "already-done" ? exitCode.done : exitCode.failed;
}

/** systemd comes to the gate only when it can prepare the unit: its files, its account, its sandbox. */
async function notEvenAtGate(host: Host, { name, unit }: DesiredService): Promise<HoldfastError> {
  const failed = textOf(await host.systemd.properties(unit, ["ActiveState"]), "ActiveState") === "failed";
  const why = failed ? await explainUnitFailure(host, unit) : null;
  return new HoldfastError({
    severity: "error",
    code: "run/no-record",
    summary: `"${name}" did not come to its gate: ${why === null ? "nothing is recorded of it" : printable(why.sentence)}`,
    fix: why?.fix ?? `holdfast diagnose ${name}`,
  });
}

/** The program with the words of dry-run added, in the job's own sandbox. It passes no gate and leaves no run. */
async function dryRun(session: Session, { app, generation, service }: Chosen): Promise<number> {
  if (service.dryRun === null) {
    throw new HoldfastError({
      severity: "error",
      code: "run/no-dry-run",
      summary: `Cannot run "${service.name}" dry: its spec does not say how`,
      fix: "add dry-run: --dry-run, if the program knows such a word",
    });
  }
  await session.assertMayChange(`run "${app}/${service.name}" dry`, `run --dry ${service.name}`);
  const context = {
    host: await session.host(),
    desired: generation.desired,
    progress: silentProgress,
    signal: new AbortController().signal,
    now: () => new Date(),
  };
  const end = await runInSandbox(
    context,
    service,
    [service.program, ...service.arguments, ...service.dryRun],
    service.job!.timeout,
  );
  const passed = end.result === "success" && end.status === 0;
  session.writableRecord().records.audit({
    at: new Date().toISOString(),
    who: session.who,
    app,
    unit: service.unit,
    action: "dry run",
    why: null,
    result: passed ? "passed" : `failed with ${end.status}`,
  });
  for (const line of end.output.trimEnd().split("\n")) session.out.note(`  ${printable(line)}`);
  session.out.result(
    { app, job: service.name, dry: true, passed, exitStatus: end.status },
    `${app}/${service.name} dry run ${passed ? "passed" : `failed with exit code ${end.status}`}`,
  );
  return passed ? exitCode.done : exitCode.failed;
}
