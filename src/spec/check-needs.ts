import type { Diagnostic } from "../report/diagnostic.ts";
import { elapses } from "../schedule/elapses.ts";
import { instantOf } from "../schedule/instant.ts";
import { parseCalendar } from "../schedule/parse-calendar.ts";
import { readZone } from "../schedule/read-zone.ts";
import { entryAt, utc } from "../schedule/zone.ts";
import { findCycles, turnedCycle } from "./check-order.ts";
import { needsOf, timesOf, zoneOf } from "./job-times.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";

const span = 60 * 86_400_000;
const most = 10_000;

/** Checks that jobs that are needed exist, make no circle, and come on the same days before those that need them. */
export function checkNeeds(spec: Spec, now: number | null): Diagnostic[] {
  const jobs = Object.keys(spec.jobs);
  const found = jobs.flatMap((name) => checkNames(spec, name));
  const known = (name: string) =>
    needsOf(spec.jobs[name]!).filter((need) => need !== name && Object.hasOwn(spec.jobs, need));
  const cycles = findCycles(jobs, (name) => known(name).toReversed());
  found.push(...cycles.map((cycle) => describeCycle(spec, cycle)));
  if (now === null || found.length > 0) return found;
  const days = new Map<string, Days | null>();
  const daysOf = (name: string) => {
    if (!days.has(name)) days.set(name, runDays(spec, name, now));
    return days.get(name)!;
  };
  return jobs.flatMap((name) => known(name).flatMap((need) => checkDays(spec, name, need, daysOf)));
}

function placeOfNeed(spec: Spec, name: string, need: string) {
  const { needs } = spec.jobs[name]!;
  return spec.placeOf(["jobs", name, "needs", ...(Array.isArray(needs) ? [needs.indexOf(need)] : [])]);
}

function checkNames(spec: Spec, name: string): Diagnostic[] {
  return needsOf(spec.jobs[name]!).flatMap((need): Diagnostic[] => {
    const at = placeOfNeed(spec, name, need);
    if (need === name)
      return [
        {
          severity: "error",
          code: "spec/needs-itself",
          summary: `Cannot let job "${name}" need itself`,
          at,
          fix: "remove it",
        },
      ];
    if (Object.hasOwn(spec.jobs, need)) return [];
    const service = Object.hasOwn(spec.services, need);
    const others = Object.keys(spec.jobs).filter((other) => other !== name);
    return [
      {
        severity: "error",
        code: "spec/unknown-job",
        summary: service
          ? `Cannot let job "${name}" need "${need}": it is a service, and never succeeds for a day`
          : `Cannot let job "${name}" need "${need}": there is no such job here`,
        at,
        fix: service
          ? `requires: [${need}]`
          : (nearest(need, others) ?? (others.length === 0 ? "remove it" : `one of ${others.join(", ")}`)),
      },
    ];
  });
}

function describeCycle(spec: Spec, cycle: readonly string[]): Diagnostic {
  const { first, path } = turnedCycle(cycle);
  return {
    severity: "error",
    code: "spec/needs-cycle",
    summary: `Cannot let jobs need each other in a circle: ${path.join(" needs ")}`,
    at: spec.placeOf(["jobs", first, "needs"]),
    detail: "each would be blocked for ever",
    fix: "remove one of these from needs",
  };
}

/** By date in the job's zone, its first and last slot, in milliseconds. */
type Days = Map<string, { first: number; last: number }>;

/** Null for a job without times, or with so many that looking at them costs more than it tells. */
function runDays(spec: Spec, name: string, now: number): Days | null {
  const job = spec.jobs[name]!;
  const zone = readZone(zoneOf(spec, job)) ?? utc;
  const days: Days = new Map();
  let count = 0;
  for (const time of timesOf(spec, job)) {
    const parsed = parseCalendar(time);
    if (!parsed.ok) return null;
    for (const slot of elapses(parsed.value, instantOf(now * 1000), instantOf((now + span) * 1000), utc)) {
      if (++count > most) return null;
      const seconds = Math.floor(slot / 1_000_000);
      const wall = (seconds + zone.offsets[entryAt(zone, seconds, 0)]!) * 1000;
      const date = new Date(wall).toISOString().slice(0, 10);
      const { first = Infinity, last = 0 } = days.get(date) ?? {};
      days.set(date, { first: Math.min(first, slot), last: Math.max(last, slot) });
    }
  }
  return days.size === 0 ? null : days;
}

function checkDays(
  spec: Spec,
  name: string,
  need: string,
  daysOf: (name: string) => Days | null,
): Diagnostic[] {
  const [own, needed] = [daysOf(name), daysOf(need)];
  if (!own || !needed) return [];
  const at = placeOfNeed(spec, name, need);
  const shared = [...own.keys()].filter((date) => needed.has(date));
  if (shared.length === 0)
    return [
      {
        severity: "warning",
        code: "spec/needs-other-days",
        summary: `job "${name}" is always blocked: "${need}" never runs on the same day`,
        at,
        related: [{ at: spec.placeOf(["jobs", need, "at"]), note: `when ${need} runs` }],
        fix: "let both run on the same days, or remove the need",
      },
    ];
  if (shared.some((date) => needed.get(date)!.first <= own.get(date)!.last)) return [];
  return [
    {
      severity: "warning",
      code: "spec/needs-later-job",
      summary: `job "${name}" is always blocked: "${need}" runs only later on the day`,
      at,
      related: [{ at: spec.placeOf(["jobs", need, "at"]), note: `when ${need} runs` }],
      fix: `let "${need}" run first`,
    },
  ];
}
