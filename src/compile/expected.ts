import { timesOf } from "../spec/job-times.ts";
import type { Spec } from "../spec/spec.ts";
import type { Artifact } from "./artifact.ts";
import { expectService, expectTimer } from "./names.ts";
import { quoteExecCommand, quotePlain } from "./quote.ts";
import { unitArtifact } from "./support-files.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";

/** When missed runs are looked for; in UTC, because an hour that clocks skip or repeat is none of its business. */
export const expectTimes: readonly string[] = ["*:0/15:00 UTC"];

/** Has the application a job that comes by itself, and so can be missed? */
export function expectsRuns(spec: Spec): boolean {
  return Object.values(spec.jobs).some((job) => timesOf(spec, job).length > 0);
}

/** Two units that notice what a timer cannot: that it did not come. Without holdfast they fail alone and harm nothing. */
export function compileExpected(spec: Spec, target: Target): Artifact[] {
  if (!expectsRuns(spec)) return [];
  const rule = "a run that never happened is noticed, too";
  const service = new UnitBuilder(spec, target);
  service.add("Unit", "Description", quotePlain(`Notice missed runs of ${spec.app}`), rule);
  service.add("Unit", "After", "time-sync.target", "without the right time everything looks missed");
  service.add("Service", "Type", "oneshot", rule);
  const words = [target.holdfast, ...(target.scope === "user" ? ["--user"] : []), "record-missed", spec.app];
  service.add("Service", "ExecStart", quoteExecCommand(words), rule);
  service.add("Service", "TimeoutStartSec", "60s", "a oneshot without a time-out can hang for ever");

  const timer = new UnitBuilder(spec, target);
  timer.add("Unit", "Description", quotePlain(`When missed runs of ${spec.app} are looked for`), rule);
  for (const time of expectTimes) timer.add("Timer", "OnCalendar", time, rule);
  timer.add(
    "Timer",
    "Unit",
    expectService(spec.app),
    "the timer names its unit; a dependency would start it at boot",
  );
  timer.add("Timer", "AccuracySec", "1min", "a minute does not matter here");
  timer.add("Install", "WantedBy", "timers.target", "timers start at boot when enabled");
  return [
    unitArtifact(spec, target, expectService(spec.app), service, ["Unit", "Service"]),
    unitArtifact(spec, target, expectTimer(spec.app), timer, ["Unit", "Timer", "Install"]),
  ];
}
