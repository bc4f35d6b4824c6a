import { drillOf, drillTimes } from "../compile/drill.ts";
import { expectsRuns, expectTimes } from "../compile/expected.ts";
import {
  checkTimer,
  drillTimer,
  expectTimer,
  notifyPath,
  notifyTimer,
  probationTimer,
  timerUnit,
} from "../compile/names.ts";
import { probationOf, probationTimes } from "../compile/probation.ts";
import { notifierName } from "../compile/tell-files.ts";
import { checkTimes } from "../compile/watch-files.ts";
import type { Supervision } from "../compile/watch-rule.ts";
import type { JobSpec } from "../spec/job-schema.ts";
import { hasTimer, makesUpFor, timesOf } from "../spec/job-times.ts";
import type { Spec } from "../spec/spec.ts";
import type { DesiredTimer } from "./desired.ts";

/** Timers of jobs, and those by which Holdfast's own units of an application run. */
export function timersOf(spec: Spec, supervision: Supervision): DesiredTimer[] {
  return [
    ...Object.entries(spec.jobs).flatMap(([name, job]) => makeTimer(spec, name, job)),
    ...(expectsRuns(spec) ? [expectedTimer(spec.app)] : []),
    ...probationTimers(spec),
    ...drillTimers(spec),
    ...(supervision === "probes" ? [checksTimer(spec.app)] : []),
    ...(spec.notify === undefined ? [] : notifyStarters(spec.app)),
  ];
}

/** Not of a job; the spec check keeps its name free. */
function expectedTimer(app: string): DesiredTimer {
  return { unit: expectTimer(app), job: "expect", enable: true, persistent: false, times: expectTimes };
}

function probationTimers(spec: Spec): DesiredTimer[] {
  const rule = probationOf(spec);
  if (rule === null) return [];
  const unit = probationTimer(spec.app);
  return [{ unit, job: "probation", enable: true, persistent: false, times: probationTimes(rule) }];
}

function drillTimers(spec: Spec): DesiredTimer[] {
  if (drillOf(spec) === null) return [];
  const unit = drillTimer(spec.app);
  return [{ unit, job: "drill", enable: true, persistent: false, times: drillTimes }];
}

function checksTimer(app: string): DesiredTimer {
  return { unit: checkTimer(app), job: "check", enable: true, persistent: false, times: checkTimes };
}

/** The path unit is armed and disarmed as a timer is. */
function notifyStarters(app: string): DesiredTimer[] {
  return [notifyPath(app), notifyTimer(app)].map((unit) => ({
    unit,
    job: notifierName,
    enable: true,
    persistent: false,
    times: [],
  }));
}

function makeTimer(spec: Spec, name: string, job: JobSpec): DesiredTimer[] {
  if (!hasTimer(spec, job)) return [];
  return [
    {
      unit: timerUnit(spec, name),
      job: name,
      enable: job.enable ?? true,
      persistent: makesUpFor(job) || /^(1|y|t|on)/i.test(textOf(job.systemd?.Timer?.["Persistent"])),
      times: timesOf(spec, job),
    },
  ];
}

function textOf(value: string | readonly string[] | undefined): string {
  return (typeof value === "string" ? value : value?.at(-1)) ?? "";
}
