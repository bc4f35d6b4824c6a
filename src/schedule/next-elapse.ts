import { lastYear, microsPerSecond, type CalendarExpression, type Field } from "./calendar-expression.ts";
import { copyCivil, dayNumber, weekdayOf, type CivilTime } from "./civil.ts";
import { makeClock, readClock, toMoment, type Clock } from "./clock.ts";
import { instantOf, type Instant } from "./instant.ts";
import type { Zone } from "./zone.ts";

type Search = {
  readonly expression: CalendarExpression;
  readonly clock: Clock;
  readonly wantsDaylight: boolean | null;
  readonly civil: CivilTime;
  micros: number;
  readonly scratch: CivilTime;
};
type Level = "year" | "month" | "day" | "hour" | "minute" | "second";
type Fit = "fits" | "moved on" | "misfit";

const levels: readonly Level[] = ["year", "month", "day", "hour", "minute", "second"];
// systemd gives up after so many rounds, and then the timer never elapses.
const maxRounds = 1000;

/**
 * The first moment after `after` at which a timer with this OnCalendar= elapses, or null for never, as systemd 252 finds it:
 * field by field from the year down, asking mktime(3) at each whether such a time exists.
 */
export function nextElapse(expression: CalendarExpression, after: Instant, hostZone: Zone): Instant | null {
  const from = Math.max(0, after + 1);
  const seconds = Math.floor(from / microsPerSecond);
  const clock = makeClock(expression.zone ?? hostZone, seconds);
  const civil = readClock(clock, seconds);
  const search: Search = {
    expression,
    clock,
    wantsDaylight: expression.abbreviation?.daylight ?? null,
    civil,
    micros: from - seconds * microsPerSecond,
    scratch: { ...civil },
  };
  const start = { ...civil, micros: search.micros };
  let isStuck = false;
  for (let round = 0; round < maxRounds; round++) {
    toMoment(clock, civil);
    if (!isStuck) civil.daylight = search.wantsDaylight;
    const outcome = settle(search);
    if (outcome === "never") return null;
    if (outcome === "found" && isBefore(search, start)) {
      // Where winter is the daylight saving time, as in Dublin, mktime(3) leads back out of a gap. 252.38 then goes an hour on; 252.31 found
      // the same time for ever (github.com/systemd/systemd/pull/36897).
      isStuck = true;
      civil.hour++;
    } else if (outcome === "found") {
      const at = toMoment(clock, civil);
      return at < 0 ? null : instantOf(at * microsPerSecond + search.micros);
    }
  }
  return null;
}

function isBefore({ civil, micros }: Search, start: CivilTime & { micros: number }): boolean {
  const level = levels.find((level) => civil[level] !== start[level]);
  return level === undefined ? micros < start.micros : civil[level] < start[level];
}

/** One round: sets field after field to its next value until one has none, or the clock does not show what was set. */
function settle(search: Search): "found" | "again" | "never" {
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    const fit = setNext(search, level) ? checkClock(search) : "misfit";
    if (level === "year" && fit !== "fits") return "never";
    if (fit === "moved on") return "again";
    if (fit === "misfit") {
      advance(search, levels[i - 1]!);
      return "again";
    }
    if (level === "day" && !isOnWeekday(search)) {
      advance(search, "day");
      return "again";
    }
  }
  return "found";
}

function setNext(search: Search, level: Level): boolean {
  if (level === "second") return setNextMicros(search);
  const { expression, civil } = search;
  const field = expression[level];
  if (field.length === 0) return true;
  const fromEnd = level === "day" && expression.fromMonthEnd;
  const value = nextValue(field, civil[level], fromEnd ? search : null);
  if (value === null) return false;
  if (value !== civil[level]) {
    civil[level] = value;
    resetBelow(search, level);
  }
  return true;
}

function setNextMicros(search: Search): boolean {
  const { civil } = search;
  const micros = nextValue(search.expression.micros, civil.second * microsPerSecond + search.micros, null);
  if (micros === null) return false;
  civil.second = Math.floor(micros / microsPerSecond);
  search.micros = micros % microsPerSecond;
  return true;
}

/** The lowest value of the field that is at least `value`; with `monthEnd`, days count from the end of the month it is at. */
function nextValue(field: Field, value: number, monthEnd: Search | null): number | null {
  let lowest: number | null = null;
  for (const range of field) {
    let { start, stop } = range;
    if (monthEnd) [start, stop] = fromMonthEnd(monthEnd, start, stop);
    if (start >= value) {
      if (lowest === null || start < lowest) lowest = start;
    } else if (range.step > 0) {
      const next = start + range.step * Math.ceil((value - start) / range.step);
      if ((lowest === null || next < lowest) && (stop === null || next <= stop)) lowest = next;
    }
  }
  return lowest;
}

function fromMonthEnd(search: Search, start: number, stop: number | null): [number, number | null] {
  const first = dayFromEnd(search, start);
  // systemd asks about a range without an end as well, and mktime(3) remembers the offset it then sees.
  const last = dayFromEnd(search, stop ?? -1);
  return last === null ? [first ?? -1, null] : [last, first];
}

function dayFromEnd(search: Search, days: number): number | null {
  const { civil, scratch } = search;
  copyCivil(civil, scratch);
  scratch.month++;
  scratch.day = 1 - days;
  if (toMoment(search.clock, scratch) < 0 || scratch.month !== civil.month) return null;
  return scratch.day;
}

/** Compares what was set with what the clock would show then. Times that it skips move the search on to where it goes on. */
function checkClock(search: Search): Fit {
  const { civil, scratch } = search;
  if (civil.year > lastYear) return "misfit";
  copyCivil(civil, scratch);
  if (toMoment(search.clock, scratch) < 0) return "misfit";
  const level = levels.find((level) => scratch[level] !== civil[level]);
  if (level === undefined) return "fits";
  if (scratch[level] < civil[level]) return "misfit";
  copyCivil(scratch, civil);
  // Only the field just below starts anew.
  const below = levels[levels.indexOf(level) + 1];
  if (below) civil[below] = below === "month" || below === "day" ? 1 : 0;
  return "moved on";
}

function isOnWeekday(search: Search): boolean {
  const { weekdays } = search.expression;
  if (weekdays === null) return true;
  const { civil, scratch } = search;
  copyCivil(civil, scratch);
  if (toMoment(search.clock, scratch) < 0) return false;
  return (weekdays & (1 << weekdayOf(dayNumber(scratch.year, scratch.month, scratch.day)))) !== 0;
}

function advance(search: Search, level: Level): void {
  search.civil[level]++;
  resetBelow(search, level);
}

function resetBelow(search: Search, level: Level): void {
  const { civil } = search;
  const depth = levels.indexOf(level);
  if (depth < 1) civil.month = 1;
  if (depth < 2) civil.day = 1;
  if (depth < 3) civil.hour = 0;
  if (depth < 4) civil.minute = 0;
  if (depth < 5) civil.second = search.micros = 0;
}
