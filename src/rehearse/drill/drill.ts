import { pause } from "../../apply/pause.ts";
import { numberOf } from "../../host/properties.ts";
import { settle } from "../faults/comes-back.ts";
import { freshCheck } from "../faults/stale.ts";
import { UnitWatch } from "../watch-unit.ts";
import { freezeLimit, type Subject } from "../subject.ts";
import type { Fault } from "../fault.ts";
import type { Outcome } from "../outcome.ts";
import type { Report } from "../rehearse.ts";
import { runFault } from "../run-fault.ts";
import type { LiveStage } from "./live-stage.ts";

export type DrillOptions = {
  faults: readonly Fault[];
  /** Of which report; what the faults are done to is in the stage. */
  environment: string | null;
  spec: string;
  machine: string;
  now: () => number;
};

/** A check needs two good results over at least a minute before its incident is over. */
const calmWithin = 3 * 60_000;

/** Does the faults to the services that run on this machine. Ends early when it is interrupted, or when a service does not come back. */
export async function drill(stage: LiveStage, options: DrillOptions): Promise<Report> {
  const { now } = options;
  const began = performance.now();
  const at = now();
  const app = stage.spec.app;
  const outcomes: Outcome[] = [];
  // What uses up a budget comes last.
  for (const fault of options.faults.toSorted(
    (a, b) => Number(a.id === "storm") - Number(b.id === "storm"),
  )) {
    const subjects = fault.scope === "host" ? stage.subjects.slice(0, 1) : stage.subjects;
    for (const subject of subjects) {
      // What is broken is not broken further.
      if (stage.signal.aborted || outcomes.some(({ verdict }) => verdict === "broken")) {
        outcomes.push(leftOut(fault, fault.scope === "host" ? null : subject.name, stage.signal.aborted));
        continue;
      }
      const waitsForCheck =
        (fault.id === "freeze" && freezeLimit(subject)?.heals) ||
        (fault.id === "stale" && freshCheck(subject) !== null);
      if (waitsForCheck) await untilGraceIsOver(stage, subject, now);
      outcomes.push(await broughtBack(await runFault(fault, subject, stage, now), subject, stage));
    }
  }
  await untilCalm(stage, at);
  return {
    app,
    environment: options.environment,
    spec: options.spec,
    systemd: await stage.outside.systemd.version(),
    machine: options.machine,
    at,
    live: true,
    upMillis: 0,
    millis: Math.round(performance.now() - began),
    shortened: [],
    standIns: [],
    outcomes,
    notYet: { "all other faults": "they need a copy of the machine: holdfast rehearse" },
  };
}

function leftOut({ id, title }: Fault, service: string | null, interrupted: boolean): Outcome {
  return {
    fault: id,
    title,
    service,
    verdict: "not-rehearsed",
    promise: "",
    because: "",
    says: interrupted ? "the drill was interrupted before it" : "a promise was broken before it",
    fix: null,
    detect: null,
    recover: null,
    told: [],
    timeline: [],
    millis: 0,
  };
}

/** A live service is never left down by a drill, whatever its spec says of that. */
async function broughtBack(outcome: Outcome, subject: Subject, stage: LiveStage): Promise<Outcome> {
  const back = await settle(subject, stage, new UnitWatch(() => stage.outside, subject.unit)).catch(
    () => false,
  );
  if (back) return outcome;
  const says = `${outcome.says}; the drill could not bring ${subject.name} back`;
  return { ...outcome, verdict: "broken", says, fix: `holdfast diagnose ${subject.name}` };
}

/** What has just started is not healed yet: a freeze within its grace would say nothing of the check. */
async function untilGraceIsOver(
  stage: LiveStage,
  { unit, name, rule }: Subject,
  now: () => number,
): Promise<void> {
  const found = await stage.outside.systemd.properties(unit, ["ActiveEnterTimestamp"]);
  const rest = numberOf(found, "ActiveEnterTimestamp") / 1000 + rule.grace + 1000 - now();
  if (rest <= 0 || rest > rule.grace + 1000) return;
  stage.progress.begin(`Wait until ${name} has its grace behind it`);
  await pause(rest, stage.signal).catch(() => {});
  stage.progress.end("done");
}

/** Nobody is to be woken by what the drill itself has done and what is mended: its incidents end before its window does. */
async function untilCalm(stage: LiveStage, since: number): Promise<void> {
  const deadline = performance.now() + calmWithin;
  const open = async (): Promise<boolean> => {
    const { stdout } = await stage.holdfast("--json", "incident", "list", stage.spec.app);
    const { incidents } = JSON.parse(stdout) as { incidents: { opened: number; state: string }[] };
    return incidents.some(({ opened, state }) => opened >= since - 50 && state !== "resolved");
  };
  if (!(await open().catch(() => false))) return;
  stage.progress.begin("Wait until its incidents are over");
  while (performance.now() < deadline && !stage.signal.aborted) {
    await pause(1000, stage.signal).catch(() => {});
    if (!(await open().catch(() => false))) {
      stage.progress.end("done");
      return;
    }
  }
  stage.progress.end("still open");
}
