import type { DrillFault } from "../spec/drill-schema.ts";
import type { Spec } from "../spec/spec.ts";
import { durationOf, formatDuration } from "../value/duration.ts";
import type { Artifact } from "./artifact.ts";
import { drillService, drillTimer } from "./names.ts";
import { quoteExecCommand, quotePlain } from "./quote.ts";
import { unitArtifact } from "./support-files.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";

/** When drills are due, with its defaults filled in; spans in milliseconds. */
export type DrillRule = {
  /** null: never due. */
  every: number | null;
  /** Each of them; none: any. */
  faults: readonly DrillFault[];
  /** How old evidence may be. */
  evidence: number;
};

/** What nobody has tried for a quarter is a memory, no evidence. */
export const usualEvidence = 90 * 86_400_000;

/** When a drill that is due is spoken of. */
export const drillTimes: readonly string[] = ["*-*-* 08:00:00 UTC"];

/** null when the spec says nothing of drills. */
export function drillOf({ drill }: Spec): DrillRule | null {
  if (drill === undefined) return null;
  return {
    every: drill.every ?? null,
    faults: drill.faults ?? [],
    evidence: drill.evidence ?? usualEvidence,
  };
}

/** Two units that say when a drill is due: nobody remembers by himself. */
export function compileDrill(spec: Spec, target: Target): Artifact[] {
  const rule = drillOf(spec);
  if (rule === null) return [];
  const because = "a drill that nobody is reminded of is not done";
  const service = new UnitBuilder(spec, target);
  service.add("Unit", "Description", quotePlain(`Say when a drill of ${spec.app} is due`), because);
  service.add("Service", "Type", "oneshot", because);
  const words = [
    target.holdfast,
    ...(target.scope === "user" ? ["--user"] : []),
    "drill",
    spec.app,
    "--remind",
  ];
  service.add("Service", "ExecStart", quoteExecCommand(words), because);
  service.add("Service", "TimeoutStartSec", "10min", "a oneshot without a time-out can hang for ever");

  const timer = new UnitBuilder(spec, target);
  timer.add("Unit", "Description", quotePlain(`Drills of ${spec.app}: ${describeDrillRule(rule)}`), because);
  for (const time of drillTimes) timer.add("Timer", "OnCalendar", time, because);
  timer.add(
    "Timer",
    "Unit",
    drillService(spec.app),
    "the timer names its unit; a dependency would start it at boot",
  );
  timer.add("Timer", "AccuracySec", "1min", "a minute does not matter here");
  timer.add("Install", "WantedBy", "timers.target", "timers start at boot when enabled");
  return [
    unitArtifact(spec, target, drillService(spec.app), service, ["Unit", "Service"]),
    unitArtifact(spec, target, drillTimer(spec.app), timer, ["Unit", "Timer", "Install"]),
  ];
}

/** "crash, freeze every 90d; evidence counts for 90d". */
export function describeDrillRule({ every, faults, evidence }: DrillRule): string {
  const what = faults.length === 0 ? "any" : faults.join(", ");
  const often = every === null ? "none is due" : `${what} every ${formatDuration(durationOf(every))}`;
  return `${often}; evidence counts for ${formatDuration(durationOf(evidence))}`;
}
