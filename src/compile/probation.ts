import type { Spec } from "../spec/spec.ts";
import { durationOf, formatDuration } from "../value/duration.ts";
import type { Artifact } from "./artifact.ts";
import { probationService, probationTimer } from "./names.ts";
import { quoteExecCommand, quotePlain } from "./quote.ts";
import { unitArtifact } from "./support-files.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";

/** A probation with its defaults filled in; spans in milliseconds. */
export type ProbationRule = {
  for: number;
  crashes: number;
  limitHits: number;
  heals: number;
  falseAlarms: number;
  enable: "at-once" | "after";
};

const hour = 3_600_000;

/** null when nothing is on probation. */
export function probationOf({ probation }: Spec): ProbationRule | null {
  if (probation === undefined) return null;
  return {
    for: probation.for ?? durationOf(24 * hour),
    crashes: probation.crashes ?? 0,
    limitHits: probation["limit-hits"] ?? 0,
    heals: probation.heals ?? 0,
    falseAlarms: probation["false-alarms"] ?? 0,
    enable: probation.enable ?? "at-once",
  };
}

/** When a probation is looked at: often enough for how long it lasts. */
export function probationTimes(rule: ProbationRule): readonly string[] {
  return [rule.for >= 6 * hour ? "*:00:00 UTC" : "*:0/5:00 UTC"];
}

/** Two units that give the verdict when its time has come, whether or not anybody asks for it. */
export function compileProbation(spec: Spec, target: Target): Artifact[] {
  const rule = probationOf(spec);
  if (rule === null) return [];
  const because = "what is new has to prove itself";
  const service = new UnitBuilder(spec, target);
  service.add("Unit", "Description", quotePlain(`Judge what is on probation of ${spec.app}`), because);
  service.add("Service", "Type", "oneshot", because);
  const words = [
    target.holdfast,
    ...(target.scope === "user" ? ["--user"] : []),
    "probation",
    spec.app,
    "--settle",
  ];
  service.add("Service", "ExecStart", quoteExecCommand(words), because);
  service.add(
    "Service",
    "SuccessExitStatus",
    "11",
    "while a change is under way there is no verdict: next time",
  );
  service.add("Service", "TimeoutStartSec", "10min", "a oneshot without a time-out can hang for ever");

  const timer = new UnitBuilder(spec, target);
  const allowed = `crashes ${rule.crashes}, limit hits ${rule.limitHits}, heals ${rule.heals}, false alarms ${rule.falseAlarms}`;
  timer.add(
    "Unit",
    "Description",
    quotePlain(
      `Probation of ${spec.app}: ${formatDuration(durationOf(rule.for))}; at most ${allowed}; starts at boot ${rule.enable === "after" ? "after it" : "at once"}`,
    ),
    because,
  );
  for (const time of probationTimes(rule)) timer.add("Timer", "OnCalendar", time, because);
  timer.add(
    "Timer",
    "Unit",
    probationService(spec.app),
    "the timer names its unit; a dependency would start it at boot",
  );
  timer.add("Timer", "AccuracySec", "1min", "a minute does not matter here");
  timer.add("Install", "WantedBy", "timers.target", "timers start at boot when enabled");
  return [
    unitArtifact(spec, target, probationService(spec.app), service, ["Unit", "Service"]),
    unitArtifact(spec, target, probationTimer(spec.app), timer, ["Unit", "Timer", "Install"]),
  ];
}
