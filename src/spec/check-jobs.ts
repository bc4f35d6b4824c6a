import type { Diagnostic } from "../report/diagnostic.ts";
import { readZone } from "../schedule/read-zone.ts";
import { checkCalendars } from "./check-calendars.ts";
import { checkEvery } from "./check-every.ts";
import { checkJobTimes } from "./check-job-times.ts";
import { checkNeeds } from "./check-needs.ts";
import { zoneOf } from "./job-times.ts";
import type { Spec } from "./spec.ts";
import { readTimes } from "./read-times.ts";

/** The unit that looks for runs that did not happen has this name; see compileExpected. */
const reserved = "expect";

/** Checks jobs: their times, zones, calendars and needs. With `now`, in milliseconds, also what depends on the date. */
export function checkJobs(spec: Spec, now: number | null): Diagnostic[] {
  const jobs = Object.entries(spec.jobs);
  const badZones = checkZones(spec);
  return [
    ...checkReserved(spec),
    ...badZones,
    ...jobs.flatMap(([name, job]): Diagnostic[] => {
      const every = checkEvery(spec, name, job);
      if (readZone(zoneOf(spec, job)) === null) return every;
      const { times, diagnostics } = readTimes(spec, name, job);
      const wrong = every.length > 0 || diagnostics.length > 0;
      return [...every, ...diagnostics, ...(wrong ? [] : checkJobTimes(spec, name, job, times, now))];
    }),
    ...checkNeeds(spec, now),
    ...checkCalendars(spec, now),
    ...checkAssertions(spec, "services"),
    ...checkAssertions(spec, "jobs"),
  ];
}

function checkReserved(spec: Spec): Diagnostic[] {
  if (Object.keys(spec.jobs).length === 0) return [];
  return (["services", "jobs"] as const)
    .filter((kind) => Object.hasOwn(spec[kind], reserved))
    .map((kind) => ({
      severity: "error",
      code: "spec/name-taken",
      summary: `Cannot use the name "${reserved}" for a ${kind === "jobs" ? "job" : "service"}: the unit that notices missed runs has it`,
      at: spec.placeOf([kind, reserved], "key"),
      fix: "rename it",
    }));
}

/** The spec knows zones by JavaScript's list; systemd goes by the files of the machine. */
function checkZones(spec: Spec): Diagnostic[] {
  const used = new Map(
    Object.entries(spec.jobs).map(([name, job]) => [
      zoneOf(spec, job),
      job.zone === undefined ? ["zone"] : ["jobs", name, "zone"],
    ]),
  );
  return [...used]
    .filter(([zone]) => readZone(zone) === null)
    .map(([zone, path]) => ({
      severity: "error",
      code: "spec/bad-zone",
      summary: `Cannot find the time zone "${zone}" on this machine`,
      at: spec.placeOf(path),
      detail: "systemd reads zones from /usr/share/zoneinfo and would refuse the timer",
      fix:
        readZone("Europe/London") === null ? "install the package tzdata" : "a zone such as America/Chicago",
    }));
}

/** A variable that must have one value and is given another: the program would never start. */
function checkAssertions(spec: Spec, kind: "services" | "jobs"): Diagnostic[] {
  return Object.entries(spec[kind]).flatMap(([name, { env }]) =>
    Object.entries(env?.assert ?? {}).flatMap(([variable, value]): Diagnostic[] => {
      const set = env?.set?.[variable];
      if (set === undefined || set === value) return [];
      const what = kind === "jobs" ? "job" : "service";
      return [
        {
          severity: "error",
          code: "spec/assert-contradicts",
          summary: `Cannot start ${what} "${name}": it sets ${variable} to one value and demands another`,
          at: spec.placeOf([kind, name, "env", "assert", variable]),
          related: [{ at: spec.placeOf([kind, name, "env", "set", variable]), note: "set here" }],
          fix: "let both say the same, or remove one of them",
        },
      ];
    }),
  );
}
