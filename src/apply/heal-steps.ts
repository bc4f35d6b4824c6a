import { processesIn } from "../host/control-group.ts";
import type { Host, JobResult } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";
import type { DesiredService } from "../plan/desired.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";
import { describeTrouble } from "./describe-trouble.ts";
import { jobTimeout } from "./job-timeout.ts";
import { pause, unlessInterrupted } from "./pause.ts";
import type { ProbeResult } from "./probe.ts";
import { runServiceJob, waitsToRestart } from "./run-job.ts";
import { inDirectory, runInSandbox } from "./sandbox-run.ts";
import { readUnit } from "./unit-look.ts";

const sigkill = 9;
/** A killed process is gone in an instant, or hangs in the kernel, where nothing can be done about it. */
const mostToDie = 5000;
const betweenLooks = 50;
const mostToMend = 60_000;

/** Runs what is declared to mend it, as the service's user and in its sandbox. */
export async function tryMending(
  context: ApplyContext,
  service: DesiredService,
  argv: readonly string[],
): Promise<ProbeResult> {
  const command = inDirectory(context.desired!.directory, argv);
  const { code, status, result } = await runInSandbox(context, service, command, mostToMend);
  const how = result === "timeout" ? "took longer than a minute" : `ended with ${code} ${status}`;
  return { ok: code === "exited" && status === 0, found: `${argv[0]} ${how}` };
}

/**
 * Stops it with its own time-out. What requires it stops with it (Requires= in systemd.unit(5)), and is noted before, so
 * that it can be started again after it.
 */
export async function stopForHeal(
  context: ApplyContext,
  service: DesiredService,
  row: HealRow,
  note: (alongside: readonly string[]) => void,
): Promise<void> {
  const { host, signal } = context;
  const alongside = await runningAlongside(host, service.unit);
  // At a second try they are stopped already.
  const all = [...new Set([...row.alongside, ...alongside])];
  if (all.length > row.alongside.length) note(all);
  const stop = host.systemd.stop(service.unit, jobTimeout(service));
  assertDone(await unlessInterrupted(stop, signal), service.unit, "stop");
}

/** Kills what its stop has left, in its own control group and nowhere else. */
export async function killRest({ host, signal }: ApplyContext, { unit }: DesiredService): Promise<void> {
  for (const deadline = Date.now() + mostToDie; ;) {
    const { controlGroup } = await readUnit(host, unit);
    if ((await processesIn(host.files, controlGroup)).length === 0) return;
    // Again at every look: a process may have been forked in the meantime.
    await host.systemd.kill(unit, sigkill, "all");
    if (Date.now() >= deadline) return;
    await pause(betweenLooks, signal);
  }
}

/** Starts it, and what had stopped with it. A deliberate start is not spent from what systemd grants to crashes. */
export async function startAgain(
  context: ApplyContext,
  service: DesiredService,
  row: HealRow,
): Promise<void> {
  const { host } = context;
  await host.systemd.resetFailed(service.unit);
  const { sub } = await readUnit(host, service.unit);
  // A start waits until the pause before the next automatic one is over; a restart does not (systemd.service(5)).
  const verb = waitsToRestart(sub) ? "restart" : "start";
  if ((await runServiceJob(context, service.unit, verb, jobTimeout(service))) !== "done")
    throw new HoldfastError(await describeTrouble(context, service.unit, `Cannot start ${service.unit}`));
  // Each by its own job, and not waited for: their health is looked at like any other's.
  for (const name of row.alongside) await host.systemd.start(unitName(name)).catch(() => {});
}

/** Has it read its settings again. */
export async function reloadForHeal(context: ApplyContext, service: DesiredService): Promise<void> {
  const result = await runServiceJob(context, service.unit, "reloadUnit", jobTimeout(service));
  assertDone(result, service.unit, "reload");
}

const backwards = ["RequiredBy", "BoundBy", "ConsistsOf"] as const;

/** Units that run and that systemd would stop with this one, through all steps. */
async function runningAlongside(host: Host, unit: UnitName): Promise<string[]> {
  const found: string[] = [];
  const queue = new Set<string>([unit]);
  for (const name of queue) {
    const properties = await host.systemd.properties(unitName(name), [...backwards, "ActiveState"]);
    if (name !== unit && !isRunning(textOf(properties, "ActiveState"))) continue;
    if (name !== unit) found.push(name);
    const dependents = backwards.flatMap((property) => listOf(properties, property));
    for (const other of dependents) if (/\.(service|socket|timer)$/.test(other)) queue.add(other);
  }
  return found;
}

function assertDone(result: JobResult, unit: string, verb: "stop" | "reload"): void {
  if (result === "done") return;
  throw new HoldfastError({
    severity: "error",
    code: "heal/job-failed",
    summary: `Cannot ${verb} ${unit}: systemd's job ended with "${result}"`,
    fix: `systemctl list-jobs; systemctl status ${unit}`,
  });
}
