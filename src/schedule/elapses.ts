import { microsPerSecond, type CalendarExpression } from "./calendar-expression.ts";
import { daysInMonth, dayNumber, setWallSeconds, wallSeconds, type CivilTime } from "./civil.ts";
import { instantOf, type Instant } from "./instant.ts";
import { nextElapse } from "./next-elapse.ts";
import { makeSlotPlan, type SlotPlan } from "./slot-plan.ts";
import { entryAt, type Zone } from "./zone.ts";

const microsPerDay = 86_400 * microsPerSecond;
// After so many months without a slot nextElapse decides, which knows when systemd gives up.
const patience = 10;
const batchSize = 256;

/** All elapses from `from` until before `to`, each what nextElapse finds after the one before; a list of them is some ten times faster. */
export function* elapses(
  expression: CalendarExpression,
  from: Instant,
  to: Instant,
  hostZone: Zone,
): Generator<Instant, void> {
  for (let start = from; ;) {
    const batch = listElapses(expression, start, to, hostZone, batchSize);
    for (const instant of batch) yield instant;
    if (batch.length < batchSize) return;
    start = instantOf(batch[batchSize - 1]! + 1);
  }
}

/**
 * The elapses from `from` until before `to`, `limit` of them at the most. While clocks are not changed, slots are counted off instead of
 * searched for, which is some hundred times faster.
 */
export function listElapses(
  expression: CalendarExpression,
  from: Instant,
  to: Instant,
  hostZone: Zone,
  limit = Infinity,
): Instant[] {
  const zone = expression.zone ?? hostZone;
  const plan = makeSlotPlan(expression);
  const list: Instant[] = [];
  let after = instantOf(from - 1);
  while (list.length < limit) {
    const next = nextElapse(expression, after, hostZone);
    // Were systemd to find a time it has had already, its timer would run in a loop: nothing to list.
    if (next === null || next >= to || next <= after) break;
    list.push(next);
    if (plan) countOff(list, plan, calmAt(zone, next, plan), to, limit);
    after = list.at(-1)!;
  }
  return list;
}

/** A stretch of time in which a search would meet no change of clocks and lose no slot. */
type Calm = { readonly offset: number; readonly until: number };

function calmAt(zone: Zone, instant: Instant, plan: SlotPlan): Calm {
  const seconds = Math.floor(instant / microsPerSecond);
  const entry = entryAt(zone, seconds, 0);
  const offset = zone.offsets[entry]! * microsPerSecond;
  // Times that clocks show for the second time.
  const repeated = entry > 0 ? Math.max(0, zone.offsets[entry - 1]! - zone.offsets[entry]!) : 0;
  if (seconds < zone.starts[entry]! + repeated) return { offset, until: -Infinity };
  const change = zone.starts[entry + 1];
  const calmUntil = change === undefined ? Infinity : (change - plan.looksAhead) * microsPerSecond;
  return { offset, until: Math.min(calmUntil, lossAfter(plan, instant, offset)) };
}

function lossAfter({ losesAt }: SlotPlan, instant: Instant, offset: number): number {
  if (losesAt === null) return Infinity;
  const civil = civilAt(instant, offset);
  civil[losesAt]++;
  civil.minute = civil.second = 0;
  if (losesAt !== "hour") civil.hour = 0;
  if (losesAt === "month" || losesAt === "year") civil.day = 1;
  if (losesAt === "year") civil.month = 1;
  return wallSeconds(civil) * microsPerSecond - offset;
}

function civilAt(instant: Instant, offset: number): CivilTime {
  const civil: CivilTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, daylight: null };
  setWallSeconds(civil, Math.floor((instant + offset) / microsPerSecond));
  return civil;
}

/** Adds the slots behind the last one in the list, up to the end of the calm. */
function countOff(list: Instant[], plan: SlotPlan, calm: Calm, to: Instant, limit: number): void {
  const after = list.at(-1)!;
  const until = Math.min(to, calm.until);
  let { year, month, day } = civilAt(after, calm.offset);
  let empty = 0;
  while (empty < patience) {
    const firstOfMonth = dayNumber(year, month, 1) * microsPerDay - calm.offset;
    if (firstOfMonth >= until) return;
    const days = plan.daysOf(year, month);
    empty = days === 0 ? empty + 1 : 0;
    for (const length = days === 0 ? 0 : daysInMonth(year, month); day <= length; day++) {
      if (!(days & (1 << day))) continue;
      addDay(list, plan, firstOfMonth + (day - 1) * microsPerDay, after, until, limit);
      if (list.length >= limit) return;
    }
    day = 1;
    if (++month > 12) [year, month] = [year + 1, 1];
  }
}

function addDay(
  list: Instant[],
  plan: SlotPlan,
  midnight: number,
  after: number,
  until: number,
  limit: number,
) {
  for (const hour of plan.hours) {
    for (const minute of plan.minutes) {
      const start = midnight + (hour * 60 + minute) * 60 * microsPerSecond;
      if (start >= until) return;
      for (const micro of plan.micros) {
        const slot = start + micro;
        if (slot >= until || list.length >= limit) return;
        if (slot > after) list.push(instantOf(slot));
      }
    }
  }
}
