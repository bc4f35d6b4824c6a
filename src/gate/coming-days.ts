import { specialDaysBetween } from "../calendar/trading-days.ts";
import type { Day } from "../calendar/calendar.ts";
import type { JobRule } from "../plan/job-rule.ts";
import { readHostZone, readZone } from "../schedule/read-zone.ts";
import { clockChanges, entryAt, utc, type Zone } from "../schedule/zone.ts";
import { calendarOf } from "./open-day.ts";
import { simulate, type ComingRun } from "./simulate.ts";

/** So many days of runs, by the dates of the zone in which most jobs are written. */
export type ComingDays = {
  zone: Zone;
  hostZone: Zone;
  /** Dates of the zone; each day begins at `starts[i]` and ends at `starts[i + 1]`, in milliseconds. */
  dates: readonly string[];
  starts: readonly number[];
  runs: readonly ComingRun[];
  specialDays: readonly { calendar: string; date: string; day: Day }[];
  clockChanges: readonly { zone: string; at: number; hours: number }[];
};

/** Simulates `count` days from a date on; from today when there is none. */
export function comingDays(
  rules: readonly JobRule[],
  options: { from: string | null; count: number; now: number; hostZone?: Zone },
): ComingDays {
  const hostZone = options.hostZone ?? readHostZone();
  const zone = mainZone(rules) ?? hostZone;
  const first =
    options.from === null
      ? Temporal.Instant.fromEpochMilliseconds(options.now).toZonedDateTimeISO(known(zone)).toPlainDate()
      : Temporal.PlainDate.from(options.from);
  const days = Array.from({ length: options.count + 1 }, (_, index) => first.add({ days: index }));
  const starts = days.map((day) => day.toZonedDateTime(known(zone)).epochMilliseconds);
  const [from, to] = [starts[0]!, starts.at(-1)!];
  const dates = days.slice(0, -1).map(String);
  return {
    zone,
    hostZone,
    dates,
    starts,
    runs: simulate(rules, from, to),
    specialDays: specialDays(rules, dates[0]!, dates.at(-1)!),
    clockChanges: changesOf([zone, ...zonesOf(rules), hostZone], from, to),
  };
}

/** What a clock in the zone shows: "2026-11-23 07:30", and the name of its time such as CST. */
export function readWall(zone: Zone, millis: number): { date: string; time: string; name: string } {
  const seconds = Math.floor(millis / 1000);
  const entry = entryAt(zone, seconds, 0);
  const text = new Date((seconds + zone.offsets[entry]!) * 1000).toISOString();
  const exact = text.slice(17, 19) === "00" ? text.slice(11, 16) : text.slice(11, 19);
  return { date: text.slice(0, 10), time: exact, name: zone.abbreviations[entry]! };
}

/** Files may be linked to under a name that JavaScript does not have. */
function known(zone: Zone): string {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone.name);
    return zone.name;
  } catch {
    return "UTC";
  }
}

function mainZone(rules: readonly JobRule[]): Zone | null {
  const counts = new Map<string, number>();
  for (const { zone, slots } of rules) if (slots.length > 0) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  const [name] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  return name === undefined ? null : (readZone(name) ?? utc);
}

function zonesOf(rules: readonly JobRule[]): Zone[] {
  return [...new Set(rules.map(({ zone }) => zone))].flatMap((name) => readZone(name) ?? []);
}

function changesOf(zones: readonly Zone[], from: number, to: number): ComingDays["clockChanges"] {
  const byName = new Map(zones.map((zone) => [zone.name, zone]));
  return [...byName.values()]
    .flatMap((zone) =>
      clockChanges(zone, Math.floor(from / 1000), Math.floor(to / 1000)).map(({ at, before, after }) => ({
        zone: zone.name,
        at: at * 1000,
        hours: (after - before) / 3600,
      })),
    )
    .toSorted((a, b) => a.at - b.at);
}

function specialDays(rules: readonly JobRule[], from: string, until: string): ComingDays["specialDays"] {
  const calendars = new Map(rules.map(({ calendar }) => [JSON.stringify(calendar), calendar]));
  return [...calendars.values()]
    .flatMap((rule) => {
      const calendar = calendarOf(rule);
      if (!calendar) return [];
      return [...specialDaysBetween(calendar, from, until)].map((special) => ({
        calendar: calendar.name,
        ...special,
      }));
    })
    .toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
}
