import { microsPerSecond, type CalendarExpression } from "./calendar-expression.ts";
import { dayNumber } from "./civil.ts";
import { listElapses } from "./elapses.ts";
import { instantOf, type Instant } from "./instant.ts";
import { clockChanges, utc, type ClockChange, type Zone } from "./zone.ts";

/** A slot at a time that clocks skip: systemd lets it fall. `wall` reads 2027-03-14 02:30:00. */
export type GapSlot = { readonly wall: string; readonly change: LocalChange };

/** A slot at a time that clocks show twice, and where systemd elapses: in all but odd cases the first time only. */
export type OverlapSlot = {
  readonly wall: string;
  readonly change: LocalChange;
  readonly times: readonly [first: Instant, second: Instant];
  readonly elapses: readonly Instant[];
};

/** Clocks go from one reading to another. */
export type LocalChange = { readonly at: Instant; readonly from: string; readonly to: string };

const secondsPerDay = 86_400;

/** Slots that will not happen because clocks are put forward; a schedule that runs hourly or more often has them twice a year and mostly need not care. */
export function findGapSlots(
  expression: CalendarExpression,
  hostZone: Zone,
  fromYear: number,
  years: number,
): GapSlot[] {
  return changesOf(expression, hostZone, fromYear, years)
    .filter(({ before, after }) => after > before)
    .flatMap((change) =>
      wallSlots(expression, change.at + change.before, change.at + change.after).map((slot) => ({
        wall: describeWall(slot),
        change: localChange(change),
      })),
    );
}

/** Slots at times that come twice because clocks are put back; the second time round they mostly are left out, which makes a hole. */
export function findOverlaps(
  expression: CalendarExpression,
  hostZone: Zone,
  fromYear: number,
  years: number,
): OverlapSlot[] {
  return changesOf(expression, hostZone, fromYear, years)
    .filter(({ before, after }) => after < before)
    .flatMap((change) => overlapsAt(expression, hostZone, change));
}

function overlapsAt(expression: CalendarExpression, hostZone: Zone, change: ClockChange): OverlapSlot[] {
  const { at, before, after } = change;
  const slots = wallSlots(expression, at + after, at + before);
  if (slots.length === 0) return [];
  const around = (days: number) => instantOf((at + days * secondsPerDay) * microsPerSecond);
  const elapsed = new Set(listElapses(expression, around(-1), around(1), hostZone));
  return slots.map((slot) => {
    const times = [moment(slot, before), moment(slot, after)] as const;
    const elapses = times.filter((time) => elapsed.has(time));
    return { wall: describeWall(slot), change: localChange(change), times, elapses };
  });
}

function changesOf(expression: CalendarExpression, hostZone: Zone, fromYear: number, years: number) {
  const begin = (year: number) => dayNumber(year, 1, 1) * secondsPerDay;
  return clockChanges(expression.zone ?? hostZone, begin(fromYear), begin(fromYear + years));
}

/** Slots between two readings of the wall clock in seconds, as if there were no changes; in microseconds of the same kind. */
function wallSlots(expression: CalendarExpression, from: number, to: number): number[] {
  const unchanging = { ...expression, zone: utc, abbreviation: null };
  return listElapses(unchanging, instantOf(from * microsPerSecond), instantOf(to * microsPerSecond), utc);
}

function moment(wall: number, offset: number): Instant {
  return instantOf(wall - offset * microsPerSecond);
}

function localChange({ at, before, after }: ClockChange): LocalChange {
  return {
    at: instantOf(at * microsPerSecond),
    from: describeWall((at + before) * microsPerSecond),
    to: describeWall((at + after) * microsPerSecond),
  };
}

function describeWall(micros: number): string {
  return new Date(micros / 1000).toISOString().slice(0, 19).replace("T", " ");
}
