import type { TradingCalendar } from "../calendar/calendar.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { microsPerSecond, type CalendarExpression } from "../schedule/calendar-expression.ts";
import { instantOf } from "../schedule/instant.ts";
import { nextElapse } from "../schedule/next-elapse.ts";
import { clockChanges, utc, type ClockChange } from "../schedule/zone.ts";
import type { ReadTime } from "./read-times.ts";

const threeYears = 3 * 366 * 86_400;

/** Warns of times that clocks skip in spring, and of the hour in autumn that systemd runs nothing in, within three years. */
export function checkClockChanges(
  job: string,
  times: readonly ReadTime[],
  calendar: TradingCalendar | null,
  now: number,
): Diagnostic[] {
  const from = Math.floor(now / 1000);
  return times.flatMap((time) => {
    const { zone } = time.expression;
    if (!zone || zone === utc) return [];
    const changes = clockChanges(zone, from, from + threeYears);
    return [
      ...first(changes, (change) => skipped(job, time, calendar, change)),
      ...first(changes, (change) => hole(job, time, calendar, change)),
    ];
  });
}

/** One warning for each time is enough: it comes again each year. */
function first(
  changes: readonly ClockChange[],
  look: (change: ClockChange) => Diagnostic | null,
): Diagnostic[] {
  for (const change of changes) {
    const found = look(change);
    if (found) return [found];
  }
  return [];
}

const wallText = (wallSeconds: number) => new Date(wallSeconds * 1000).toISOString();

function skipped(
  job: string,
  { at, expression }: ReadTime,
  calendar: TradingCalendar | null,
  { at: moment, before, after }: ClockChange,
): Diagnostic | null {
  if (after <= before || anyHour(expression)) return null;
  // The wall clock's times that do not exist, looked for as if it were a clock that is never changed.
  const begin = moment + before;
  const slot = nextElapse({ ...expression, zone: utc }, instantOf(begin * microsPerSecond - 1), utc);
  if (slot === null || slot >= (moment + after) * microsPerSecond) return null;
  const wall = wallText(slot / microsPerSecond);
  const date = wall.slice(0, 10);
  if (calendar && calendar.day(date).open !== true) return null;
  return {
    severity: "warning",
    code: "spec/time-is-skipped",
    summary: `job "${job}" does not run on ${date}: the clocks of ${expression.zone!.name} go from ${wallText(begin).slice(11, 16)} to ${wallText(moment + after).slice(11, 16)}, so that ${wall.slice(11, 16)} never comes`,
    at,
    detail: "the same comes each year on the day when clocks are changed",
    fix: `a time before ${wallText(begin).slice(11, 16)} or from ${wallText(moment + after).slice(11, 16)} on, or the zone UTC`,
  };
}

function hole(
  job: string,
  { written, at, expression }: ReadTime,
  calendar: TradingCalendar | null,
  { at: moment, before, after }: ClockChange,
): Diagnostic | null {
  if (after >= before || !anyHour(expression)) return null;
  const hour = before - after;
  // systemd looks for the next time from the last one on; asked in the middle of the hour, it would find one.
  let next = nextElapse(expression, instantOf((moment - hour) * microsPerSecond - 1), utc);
  while (next !== null && next < moment * microsPerSecond) next = nextElapse(expression, next, utc);
  const date = wallText(moment + after).slice(0, 10);
  if (next === null || next < (moment + hour) * microsPerSecond) return null;
  if (next > (moment + 2 * hour) * microsPerSecond) return null;
  if (calendar && calendar.day(date).open !== true) return null;
  return {
    severity: "warning",
    code: "spec/hour-is-left-out",
    summary: `job "${job}" does not run for more than an hour on ${date}: the clocks of ${expression.zone!.name} go back from ${wallText(moment + before).slice(11, 16)} to ${wallText(moment + after).slice(11, 16)}, and systemd leaves the hour out that comes twice`,
    at,
    detail: `"${written}" means every hour; steps are counted in UTC by every`,
    fix: "every: with the step, such as 15m; or the zone UTC",
  };
}

/** After the gap such a job simply goes on; nothing is lost. */
function anyHour({ hour }: CalendarExpression): boolean {
  return (
    hour.length === 0 ||
    hour.some(({ start, step, stop }) => start === 0 && step === 1 && (stop ?? 23) === 23)
  );
}
