import { HoldfastError } from "../report/diagnostic.ts";
import type { DesiredService } from "../plan/desired.ts";
import { isRunning } from "../plan/host-state.ts";
import { numberOf, textOf } from "../host/properties.ts";
import type { ReadyGate } from "../spec/defaults.ts";
import { describeDuration } from "../value/duration.ts";
import type { ApplyContext } from "./context.ts";
import { describeTrouble } from "./describe-trouble.ts";
import { pause } from "./pause.ts";
import { probeCommand, probeHttp, probeTcp, type ProbeResult } from "./probe.ts";
import { waitsToRestart } from "./run-job.ts";

const between = 100;

/** Waits until the service is ready by its own gate and has stayed up for its settling time; throws when it ends or takes too long. */
export async function waitReady(context: ApplyContext, service: DesiredService): Promise<void> {
  const { gate } = service;
  const deadline = Date.now() + gate.within;
  const start = await runState(context, service);
  let last: ProbeResult = { ok: false, found: "no answer yet" };
  for (;;) {
    await assertStillRunning(context, service, start);
    last = await probe(context, service, gate);
    if (last.ok) break;
    if (Date.now() >= deadline) throw await tooLate(context, service, last.found);
    await pause(between, context.signal);
  }
  const settled = Date.now() + gate.settle;
  while (Date.now() < settled) {
    await pause(Math.min(between, settled - Date.now()), context.signal);
    await assertStillRunning(context, service, start);
  }
}

type RunState = { active: string; sub: string; invocation: string; restarts: number };

async function runState({ host }: ApplyContext, { unit }: DesiredService): Promise<RunState> {
  const found = await host.systemd.properties(unit, ["ActiveState", "SubState", "InvocationID", "NRestarts"]);
  return {
    active: textOf(found, "ActiveState"),
    sub: textOf(found, "SubState"),
    invocation: JSON.stringify(found["InvocationID"]),
    restarts: numberOf(found, "NRestarts"),
  };
}

/** A restart by systemd in the meantime is a failed start too: what is ready then is not what was started. */
async function assertStillRunning(
  context: ApplyContext,
  service: DesiredService,
  start: RunState,
): Promise<void> {
  const now = await runState(context, service);
  const up = isRunning(now.active) && !waitsToRestart(now.sub);
  if (up && now.restarts === start.restarts && now.invocation === start.invocation) return;
  throw new HoldfastError(
    await describeTrouble(context, service.unit, `Service "${service.name}" did not stay up`),
  );
}

async function probe(context: ApplyContext, service: DesiredService, gate: ReadyGate): Promise<ProbeResult> {
  switch (gate.kind) {
    case "http":
      return probeHttp(gate.url);
    case "tcp":
      return probeTcp(gate.port);
    case "command":
      return probeCommand(context, service, gate.argv);
    // Type=notify: the start job is done only after READY=1.
    case "notify":
    case "stays-up":
      return { ok: (await runState(context, service)).active === "active", found: "still starting" };
  }
}

async function tooLate(
  context: ApplyContext,
  service: DesiredService,
  found: string,
): Promise<HoldfastError> {
  const { gate } = service;
  const what =
    gate.kind === "http"
      ? gate.url
      : gate.kind === "tcp"
        ? `port ${gate.port}`
        : gate.kind === "command"
          ? gate.argv.join(" ")
          : "systemd";
  const trouble = await describeTrouble(context, service.unit, "");
  return new HoldfastError({
    severity: "error",
    code: "apply/not-ready",
    summary: `Service "${service.name}" was not ready within ${describeDuration(gate.within)}: ${what}: ${found}`,
    ...(trouble.detail === undefined ? {} : { detail: trouble.detail }),
    fix: "see why in its log, or give it longer: ready.within",
  });
}
