import { endHeal } from "../apply/heal-record.ts";
import { pause } from "../apply/pause.ts";
import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { proofOf } from "../heal/proof.ts";
import { closedBreaker, type ServiceState } from "../heal/service-state.ts";
import { takeReading } from "../heal/step.ts";
import type { Host } from "../host/host.ts";
import { readUnitFacts } from "../observe/probes/read-unit-facts.ts";
import { runChecks } from "../observe/probes/run-checks.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { Session } from "./session.ts";

export type Proven = { session: Session; service: DesiredService; desired: Desired };

/** What the checks have shown of a start; null when it was not waited for. */
export type Shown = { good: boolean; says: string } | null;

/** Waits until the checks show that a heal has helped, or that it has not. Whoever else watches may see it first. */
export async function proveHeal(proven: Proven, id: number, signal: AbortSignal): Promise<void> {
  const { watch } = proven.session.writableRecord();
  const { at, readyAt } = watch.heals.get(id)!;
  const over = (): boolean => watch.heals.get(id)!.finished !== null;
  const shown = await proveStart(proven, signal, { at, readyAt: readyAt ?? at, over });
  if (shown !== null) endHeal(watch, id, Date.now(), shown.good ? "helped" : "did-not-help", shown.says);
  else if (proven.desired.watch.supervision === "systemd")
    endHeal(
      watch,
      id,
      Date.now(),
      "superseded",
      "it runs and is ready; nobody waited to see whether it works",
    );
}

/** Asks the checks that may heal again and again, until they are good or the time to show it has passed. */
export async function proveStart(
  { session, service, desired }: Proven,
  signal: AbortSignal,
  { at, readyAt, over }: { at: number; readyAt: number; over: () => boolean },
): Promise<Shown> {
  const host = await session.host();
  const rule = ruleOf(desired, service);
  let state = await firstState(host, rule);
  const { invocation } = state.unit;
  try {
    for (;;) {
      state = { ...state, unit: await readUnitFacts(host, rule.unit) };
      if (state.unit.invocation !== invocation)
        return {
          good: false,
          says: `systemd had to start it again${state.unit.ended ? `: ${state.unit.ended}` : ""}`,
        };
      state = await look(host, desired, rule, state, signal);
      const proof = proofOf(rule, { at, readyAt }, state, Date.now());
      if (proof.outcome !== "not-yet") return { good: proof.outcome === "helped", says: proof.why };
      await pause(betweenLooks(rule), signal);
      if (over()) return null;
    }
  } catch (error) {
    if (error instanceof HoldfastError && signal.aborted) return null;
    throw error;
  }
}

/** Asks the checks that may heal once: null when all are good, otherwise what is not. */
export async function askOnce(host: Host, desired: Desired, service: DesiredService): Promise<string | null> {
  const rule = ruleOf(desired, service);
  const unit = await readUnitFacts(host, rule.unit);
  const checks = askedChecks(rule);
  const readings = await runChecks({ host, watch: desired.watch, service: rule, unit, checks });
  const bad = [...readings].find(([, { result }]) => result === "fail" || result === "unknown");
  return bad === undefined ? null : `${bad[0]}: ${bad[1].says}`;
}

async function look(
  host: Host,
  desired: Desired,
  rule: WatchRule,
  before: ServiceState,
  signal: AbortSignal,
): Promise<ServiceState> {
  const readings = await runChecks({
    host,
    watch: desired.watch,
    service: rule,
    unit: before.unit,
    checks: askedChecks(rule),
    kept: (id) => before.checks[id]?.kept ?? null,
    signal,
  });
  let state = before;
  for (const [id, reading] of readings) ({ state } = takeReading(rule, state, id, reading, Date.now()));
  return state;
}

/** Those that a heal has to answer to (proofOf); the others cost time and show nothing here. */
function askedChecks(rule: WatchRule): CheckRule[] {
  const may = rule.checks.filter((check) => check.heals);
  return may.length > 0
    ? may
    : rule.checks.filter((check) => check.severity === "error" && check.dependency === null);
}

/** As often as they are made anyway, within what a person waits for; systemd can be asked at any time. */
function betweenLooks(rule: WatchRule): number {
  const costly = askedChecks(rule).filter(({ look }) => look.kind !== "unit");
  return Math.min(
    5000,
    Math.max(300, Math.min(...costly.map(({ every }) => every), costly.length === 0 ? 300 : 5000)),
  );
}

async function firstState(host: Host, rule: WatchRule): Promise<ServiceState> {
  return {
    unit: await readUnitFacts(host, rule.unit),
    checks: {},
    breaker: closedBreaker(Date.now()),
    heals: [],
    crashes: [],
    circumstances: { stoppedBy: null, changing: false, paused: null },
  };
}

export function ruleOf(desired: Desired, { name }: DesiredService): WatchRule {
  return desired.watch.services.find((rule) => rule.service === name)!;
}
