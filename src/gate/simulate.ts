import type { Day } from "../calendar/calendar.ts";
import type { JobRule } from "../plan/job-rule.ts";
import { listElapses } from "../schedule/elapses.ts";
import { instantOf, millisOf } from "../schedule/instant.ts";
import { parseCalendar } from "../schedule/parse-calendar.ts";
import { readZone } from "../schedule/read-zone.ts";
import { entryAt, utc } from "../schedule/zone.ts";
import { calendarOf } from "./open-day.ts";

export type DayKind = "open" | "half" | "closed" | "unknown";

/** A slot to come, and whether the calendar lets its job run then. */
export type ComingRun = {
  rule: JobRule;
  /** Milliseconds since the epoch. */
  slot: number;
  /** The date of the slot in the job's zone. */
  tradingDay: string;
  day: DayKind;
  /** Why it is closed or unknown, or the name of the half day. */
  why: string | null;
  /** When a half day ends, in the calendar's zone. */
  closes: string | null;
  /** All jobs that start at this very time, when there are several. */
  together: readonly JobRule[];
  /** Jobs that started before and may still run, as far as their expect or else their timeout goes; at most five. */
  during: readonly JobRule[];
};

type DayFacts = Pick<ComingRun, "tradingDay" | "day" | "why" | "closes">;

const nobody: readonly JobRule[] = [];
const most = 5;

/** Every slot of the jobs within [from, to), in order. Pure: nothing is asked but zone files, which are read once. */
export function simulate(rules: readonly JobRule[], from: number, to: number): ComingRun[] {
  const bySlot = new Map<number, ComingRun[]>();
  for (const rule of rules) collectRuns(rule, from, to, bySlot);
  // Jobs share most of their times: sorting those as plain numbers is much faster than sorting runs.
  const runs: ComingRun[] = [];
  for (const slot of Float64Array.from(bySlot.keys()).sort()) {
    const group = bySlot.get(slot)!;
    if (group.length > 1) markTogether(group);
    for (const run of group) runs.push(run);
  }
  markOverlaps(runs);
  return runs;
}

const defaultTimeout = 3_600_000;

/** How long a run may take: what is usual, or else its time limit. The default limit says nothing about a job. */
export function longestOf(rule: JobRule): number {
  return rule.expect?.to ?? (rule.timeout === defaultTimeout ? 0 : rule.timeout);
}

function collectRuns(rule: JobRule, from: number, to: number, bySlot: Map<number, ComingRun[]>): void {
  const facts = dayFacts(rule);
  for (const slot of slotsOf(rule, from, to)) {
    const { tradingDay, day, why, closes } = facts(slot);
    const run = { rule, slot, tradingDay, day, why, closes, together: nobody, during: nobody };
    const group = bySlot.get(slot);
    if (group) group.push(run);
    else bySlot.set(slot, [run]);
  }
}

function slotsOf(rule: JobRule, from: number, to: number): Iterable<number> {
  const slots: number[] = [];
  for (const time of rule.slots) {
    const parsed = parseCalendar(time);
    if (!parsed.ok) continue;
    const range = [instantOf(from * 1000), instantOf(to * 1000)] as const;
    for (const at of listElapses(parsed.value, ...range, utc)) slots.push(Math.floor(millisOf(at)));
  }
  return rule.slots.length > 1 ? new Set(slots) : slots;
}

/** Asks the calendar once for each date. */
function dayFacts(rule: JobRule): (slot: number) => DayFacts {
  const zone = readZone(rule.zone) ?? utc;
  const calendar = calendarOf(rule.calendar);
  const unnamed: Day = { open: "unknown", why: `there is no calendar named ${rule.calendar?.base}` };
  const known = new Map<number, DayFacts>();
  let near = 0;
  return (slot) => {
    const seconds = Math.floor(slot / 1000);
    near = entryAt(zone, seconds, near);
    const dayNumber = Math.floor((seconds + zone.offsets[near]!) / 86_400);
    let facts = known.get(dayNumber);
    if (!facts) {
      const tradingDay = new Date(dayNumber * 86_400_000).toISOString().slice(0, 10);
      const day: Day = calendar === null ? { open: true } : (calendar?.day(tradingDay) ?? unnamed);
      known.set(dayNumber, (facts = { tradingDay, ...describeDay(day) }));
    }
    return facts;
  };
}

function describeDay(day: Day): Pick<ComingRun, "day" | "why" | "closes"> {
  if (day.open === "unknown") return { day: "unknown", why: day.why, closes: null };
  if (!day.open) return { day: "closed", why: day.why, closes: null };
  const { closes = null, note = null } = day;
  return { day: closes === null ? "open" : "half", why: note, closes };
}

export function isComing({ rule, day }: Pick<ComingRun, "rule" | "day">): boolean {
  return day === "open" || day === "half" || (day === "unknown" && rule.unsure === "run");
}

function markTogether(group: readonly ComingRun[]): void {
  const coming = group.filter(isComing);
  if (coming.length < 2) return;
  const together = coming.map(({ rule }) => rule);
  for (const run of coming) run.together = together;
}

function markOverlaps(runs: readonly ComingRun[]): void {
  const active: ComingRun[] = [];
  const ends: number[] = [];
  for (const run of runs) {
    if (!isComing(run)) continue;
    let kept = 0;
    let during: JobRule[] | null = null;
    for (let i = 0; i < active.length; i++) {
      if (ends[i]! <= run.slot) continue;
      const other = active[i]!;
      active[kept] = other;
      ends[kept++] = ends[i]!;
      // systemd lets a job wait for one that it needs; that is no overlap.
      if (other.slot === run.slot || run.rule.needs.includes(other.rule.job)) continue;
      during ??= [];
      if (during.length < most && !during.includes(other.rule)) during.push(other.rule);
    }
    active.length = ends.length = kept;
    if (during) run.during = during;
    active.push(run);
    ends.push(run.slot + longestOf(run.rule));
  }
}
