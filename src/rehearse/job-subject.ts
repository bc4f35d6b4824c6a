import { serviceUnit, timerUnit } from "../compile/names.ts";
import type { JobSpec } from "../spec/job-schema.ts";
import { hasTimer, jobTimeout, latePolicyOf, needsOf, timesOf } from "../spec/job-times.ts";
import type { Spec } from "../spec/spec.ts";
import type { UnitName } from "../value/unit-name.ts";

const minute = 60_000;

/** A job that things are done to, and what its spec says of it. */
export type JobSubject = {
  app: string;
  name: string;
  unit: UnitName;
  /** Null for a job that only somebody starts. */
  timer: UnitName | null;
  job: JobSpec;
  /** Milliseconds; `late` is how long after its slot it may still begin. */
  timeout: number;
  late: number;
  /** Calendar expressions; none for a job that only somebody starts. */
  times: readonly string[];
  /** Jobs that do not run before this one has succeeded. */
  dependents: readonly string[];
};

/** The jobs of a spec, those that others need before them. */
export function jobSubjectsOf(spec: Spec): JobSubject[] {
  return neededFirst(spec).map((name) => {
    const job = spec.jobs[name]!;
    const late = latePolicyOf(job);
    return {
      app: spec.app,
      name,
      unit: serviceUnit(spec, name),
      timer: hasTimer(spec, job) ? timerUnit(spec, name) : null,
      job,
      timeout: jobTimeout(job),
      late: late.kind === "refuse" ? late.after : minute,
      times: timesOf(spec, job),
      dependents: Object.keys(spec.jobs).filter((other) => needsOf(spec.jobs[other]!).includes(name)),
    };
  });
}

function neededFirst(spec: Spec): string[] {
  const sorted = new Set<string>();
  const add = (name: string): void => {
    // The spec has no circles: it would not have been read.
    for (const need of needsOf(spec.jobs[name]!)) if (!sorted.has(need)) add(need);
    sorted.add(name);
  };
  for (const name of Object.keys(spec.jobs)) add(name);
  return [...sorted];
}
