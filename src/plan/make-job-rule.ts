import {
  calendarRuleOf,
  expectedBand,
  jobTimeout,
  latePolicyOf,
  needsOf,
  timesOf,
  unsurePolicy,
  zoneOf,
} from "../spec/job-times.ts";
import { keepsDefaults } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import type { JobRule } from "./job-rule.ts";

/** All that decides whether a job of the spec may run. */
export function makeJobRule(spec: Spec, name: string): JobRule {
  const job = spec.jobs[name]!;
  return {
    app: spec.app,
    job: name,
    ...(job.unit === undefined ? {} : { unit: job.unit }),
    slots: timesOf(spec, job),
    zone: zoneOf(spec, job),
    calendar: calendarRuleOf(spec, job),
    needs: needsOf(job),
    ...(keepsDefaults(job) ? { everyStart: true as const } : {}),
    late: latePolicyOf(job),
    timeout: jobTimeout(job),
    expect: expectedBand(job),
    critical: job.critical ?? false,
    unsure: unsurePolicy(job),
  };
}
