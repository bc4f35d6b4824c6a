import { endingOf, endingProperties, numberOf, textOf } from "../host/properties.ts";
import { explainUnit, explainedProperties } from "../explain-failure/unit-ending.ts";
import type { DesiredService } from "../plan/desired.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import { durationOf } from "../value/duration.ts";
import { explainEnding } from "../explain-failure/explain-ending.ts";
import { stateDirectory } from "../store/open-store.ts";
import { assertNotHeld } from "./breaker.ts";
import type { ApplyContext } from "./context.ts";
import { describeTrouble } from "./describe-trouble.ts";
import { jobTimeout } from "./job-timeout.ts";
import { runServiceJob, waitsToRestart } from "./run-job.ts";
import { waitReady } from "./wait-ready.ts";

/** What an act on a service led to: a sentence without its subject, and what was not as it should be. */
export type Acted = { says: string; warnings: readonly Diagnostic[] };

/** How long a service must stay up after a reload: a program without a handler is ended by the signal at once. */
const settleAfterReload = durationOf(1000);

/** Starts a service and waits until it is ready. */
export async function startService(context: ApplyContext, service: DesiredService): Promise<Acted> {
  const before = await look(context, service);
  if (before.active === "active") return acted(`runs already (pid ${before.pid})`);
  await assertFree(context, service);
  await clearCounter(context, service);
  // A start waits until the pause before the next automatic one is over; a restart does not (systemd.service(5)).
  await assertDone(context, service, waitsToRestart(before.sub) ? "restart" : "start");
  await waitReady(context, service);
  return acted(`runs and is ready (pid ${(await look(context, service)).pid})`);
}

/** Starts a service anew, or for the first time, and waits until it is ready. */
export async function restartService(context: ApplyContext, service: DesiredService): Promise<Acted> {
  const before = await look(context, service);
  await assertFree(context, service);
  await clearCounter(context, service);
  await assertDone(context, service, "restart");
  await waitReady(context, service);
  const { pid } = await look(context, service);
  const was = isRunning(before.active) && before.pid !== 0 ? `, was ${before.pid}` : "";
  return acted(`runs and is ready (pid ${pid}${was})`);
}

/** Stops a service. One that has to be killed for it is a warning: it was asked to end, so it has not crashed. */
export async function stopService(context: ApplyContext, service: DesiredService): Promise<Acted> {
  const before = await look(context, service);
  if (before.active === "inactive" || before.active === "failed") {
    // What failed before is not failed any more: somebody has seen it and wants it stopped.
    await clearCounter(context, service);
    return acted("was not running; it stays stopped");
  }
  await assertDone(context, service, "stop");
  const after = await context.host.systemd.properties(service.unit, ["ActiveState", ...endingProperties]);
  if (textOf(after, "ActiveState") !== "failed") return acted("is stopped");
  const ending = endingOf(after);
  const how =
    ending.result === "timeout"
      ? `it did not end within its stop time-out and was killed`
      : explainEnding(ending).sentence;
  return {
    says: "is stopped, but not cleanly",
    warnings: [
      {
        severity: "warning",
        code: "operate/unclean-stop",
        summary: `${service.unit} did not stop cleanly: ${how}`,
        detail: "work that it had not finished may be lost; this is no crash, and nothing starts it again",
        fix: "see what it waited for in its log, or give it longer: stop.timeout",
      },
    ],
  };
}

/** Has a service read its settings again. The very same process must run afterwards, and be ready. */
export async function reloadService(context: ApplyContext, service: DesiredService): Promise<Acted> {
  assertCanReload(context, service);
  const before = await look(context, service);
  if (before.active !== "active")
    throw new HoldfastError({
      severity: "error",
      code: "operate/not-running",
      summary: `Cannot reload ${service.unit}: it is ${before.active}`,
      fix: `holdfast start ${nameOf(context, service)}`,
    });
  try {
    await assertDone(context, service, "reload");
    await waitReady(context, { ...service, gate: { ...service.gate, settle: settleAfterReload } });
  } finally {
    await assertSameProcess(context, service, before.pid);
  }
  return acted(`has reloaded, and is ready (pid ${before.pid} as before)`);
}

/** Puts a service that gave up back on its feet. One that runs is left alone; its counters begin anew. */
export async function resetService(context: ApplyContext, service: DesiredService): Promise<Acted> {
  await clearCounter(context, service);
  return startService(context, service);
}

/** After a start that failed: whether systemd goes on trying by itself, which is good to know. */
export async function warnOfTrying(context: ApplyContext, service: DesiredService): Promise<Diagnostic[]> {
  if (!waitsToRestart((await look(context, service)).sub)) return [];
  return [
    {
      severity: "warning",
      code: "operate/still-trying",
      summary: `systemd goes on trying to start ${service.unit}, as often as its restart limit allows`,
      fix: `to end that: holdfast stop ${nameOf(context, service)}`,
    },
  ];
}

/** No circuit breaker holds it. */
function assertFree(context: ApplyContext, service: DesiredService): Promise<void> {
  const { host } = context;
  return assertNotHeld(host, stateDirectory(host.scope), service.unit, nameOf(context, service));
}

/** What systemd counts towards its start limit are crashes, not what people do on purpose. */
async function clearCounter({ host }: ApplyContext, { unit }: DesiredService): Promise<void> {
  await host.systemd.resetFailed(unit);
}

type Look = { active: string; sub: string; pid: number };

async function look({ host }: ApplyContext, { unit }: DesiredService): Promise<Look> {
  const found = await host.systemd.properties(unit, ["ActiveState", "SubState", "MainPID"]);
  return {
    active: textOf(found, "ActiveState"),
    sub: textOf(found, "SubState"),
    pid: numberOf(found, "MainPID"),
  };
}

async function assertDone(
  context: ApplyContext,
  service: DesiredService,
  verb: "start" | "stop" | "restart" | "reload",
): Promise<void> {
  const { unit } = service;
  const options = jobTimeout(service);
  const result =
    verb === "stop"
      ? await context.host.systemd.stop(unit, options)
      : await runServiceJob(context, unit, verb === "reload" ? "reloadUnit" : verb, options);
  if (result === "done") return;
  if (verb === "start" || verb === "restart" || result === "failed")
    throw new HoldfastError(await describeTrouble(context, service.unit, `Cannot ${verb} ${service.unit}`));
  throw new HoldfastError({
    severity: "error",
    code: "operate/job-failed",
    summary: `Cannot ${verb} ${service.unit}: systemd's job ended with "${result}"`,
    fix: `systemctl list-jobs; systemctl status ${service.unit}`,
  });
}

/** Says it in these words even where waiting has failed already: that the process has ended is the reason. */
async function assertSameProcess(context: ApplyContext, service: DesiredService, pid: number): Promise<void> {
  const after = await look(context, service);
  if (after.pid === pid) return;
  const found = await context.host.systemd.properties(service.unit, explainedProperties);
  // Of a new process nothing is known that would explain the end of the old one.
  const [now, how] =
    after.pid === 0
      ? [`${service.unit} is ${after.active}`, `${explainUnit(found).sentence}; `]
      : [`process ${after.pid} runs in its place`, ""];
  throw new HoldfastError({
    severity: "error",
    code: "operate/reload-ended-it",
    summary: `${service.unit} did not survive its reload: process ${pid} has ended, and ${now}`,
    detail: `${how}a program without a handler for the signal is ended by it`,
    fix: `remove reload: from the spec, and use: holdfast restart ${nameOf(context, service)}`,
  });
}

function assertCanReload(context: ApplyContext, service: DesiredService): void {
  if (service.canReload) return;
  throw new HoldfastError({
    severity: "error",
    code: "operate/no-reload",
    summary: `Cannot reload ${service.unit}: the spec does not say how`,
    detail: "a program that has no handler for SIGHUP is ended by it",
    fix: `if it has one, declare reload: { signal: SIGHUP } and apply; otherwise: holdfast restart ${nameOf(context, service)}`,
  });
}

/** The name by which people call the service on the command line. */
function nameOf({ desired }: ApplyContext, service: DesiredService): string {
  return `${desired!.app}/${service.name}`;
}

function acted(says: string): Acted {
  return { says, warnings: [] };
}
