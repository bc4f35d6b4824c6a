import { daysInMonth, setWallSeconds, wallSeconds, type CivilTime } from "./civil.ts";
import { entryAt, type Zone } from "./zone.ts";

/** A zone's wall clock, read as glibc's mktime(3) does: in doubt it stays with the offset it found last. */
export type Clock = { readonly zone: Zone; offset: number; near: number };

// mktime(3) gives up after so many probes, and looks this far and in such steps for a time with the daylight saving asked for.
const maxProbes = 6;
const stride = 601_200;
const farthest = 536_454_000 / 2 + stride;

export function makeClock(zone: Zone, seconds: number): Clock {
  const near = entryAt(zone, seconds, 0);
  return { zone, offset: zone.offsets[near]!, near };
}

/** The wall clock's reading at a moment, localtime(3). */
export function readClock(clock: Clock, seconds: number): CivilTime {
  const civil: CivilTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, daylight: null };
  setWallSeconds(civil, seconds + offsetAt(clock, seconds));
  civil.daylight = isDaylight(clock);
  return civil;
}

/**
 * The moment at which the clock shows `civil`, in seconds, with `civil` normalised to what it then shows; negative where it is
 * before 1970 or there is none. A time in a gap moves by the size of the gap, one that comes twice is the one with the offset found
 * last: systemd's answers around a change of clocks follow from just this, so it is done as mktime(3) does it.
 */
export function toMoment(clock: Clock, civil: CivilTime): number {
  const wall = wallSeconds(civil);
  const wanted = civil.daylight;
  let at = findMoment(clock, wall, wanted);
  if (at === null) return -1;
  if (wanted !== null && isDaylight(clock) !== wanted && showsAt(clock, at) === wall) {
    at = findDaylight(clock, wall, at, wanted);
    if (at === null) return -1;
  }
  clock.offset = wall - at;
  const shown = showsAt(clock, at);
  if (shown !== wall || !isNormal(civil)) setWallSeconds(civil, shown);
  civil.daylight = isDaylight(clock);
  return at;
}

function findMoment(clock: Clock, wall: number, wanted: boolean | null): number | null {
  let at = wall - clock.offset;
  let [last, beforeLast] = [at, at];
  let wasDaylight = false;
  for (let probes = maxProbes; probes > 0; probes--) {
    const error = wall - showsAt(clock, at);
    if (error === 0) return at;
    // Going to and fro between two moments: the time falls into a gap.
    const daylight = isDaylight(clock);
    if (
      at === beforeLast &&
      at !== last &&
      (wanted === null ? !wasDaylight || daylight : wanted !== daylight)
    )
      return at;
    [beforeLast, last] = [last, at];
    at += error;
    wasDaylight = daylight;
  }
  return null;
}

/** The clock shows the right time but not the kind of time asked for: go by the nearest moment that has the right kind. */
function findDaylight(clock: Clock, wall: number, at: number, wanted: boolean): number | null {
  for (let distance = stride; distance < farthest; distance += stride) {
    for (const other of [at - distance, at + distance]) {
      const shown = showsAt(clock, other);
      if (isDaylight(clock) === wanted) return other + wall - shown;
    }
  }
  return null;
}

function showsAt(clock: Clock, seconds: number): number {
  return seconds + offsetAt(clock, seconds);
}

function offsetAt(clock: Clock, seconds: number): number {
  clock.near = entryAt(clock.zone, seconds, clock.near);
  return clock.zone.offsets[clock.near]!;
}

/** Of the moment looked at last. */
function isDaylight(clock: Clock): boolean {
  return clock.zone.daylight[clock.near] === 1;
}

function isNormal(civil: CivilTime): boolean {
  const { month, day, hour, minute, second } = civil;
  if (month < 1 || month > 12 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  if (second < 0 || second > 59 || day < 1) return false;
  return day <= 28 || day <= daysInMonth(civil.year, month);
}
