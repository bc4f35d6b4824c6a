import { instantOf, type Instant } from "../schedule/instant.ts";
import { nextElapse } from "../schedule/next-elapse.ts";
import { parseCalendar } from "../schedule/parse-calendar.ts";
import { readZone } from "../schedule/read-zone.ts";
import { entryAt, utc } from "../schedule/zone.ts";

const day = 86_400_000;
/** How far back a slot is looked for, each step only when the one before found none. */
const reaches = [day, 8 * day, 40 * day, 400 * day];

/** Moments, in milliseconds, at which a job's times come within [from, to]. In order, without repeats. */
export function slotsBetween(times: readonly string[], from: number, to: number): number[] {
  const found = new Set<number>();
  for (const time of times) {
    const parsed = parseCalendar(time);
    if (!parsed.ok) continue;
    let at = nextElapse(parsed.value, instantOf(from * 1000 - 1), utc);
    while (at !== null && at <= to * 1000) {
      found.add(Math.floor(at / 1000));
      at = nextElapse(parsed.value, at, utc);
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

/** The latest slot that has come by a moment, in milliseconds; null when there was none in a year. */
export function latestSlot(times: readonly string[], now: number): number | null {
  for (const reach of reaches) {
    const last = slotsBetween(times, now - reach, now).at(-1);
    if (last !== undefined) return last;
  }
  return null;
}

/** The next slot after a moment, in milliseconds; null when it never comes. */
export function nextSlot(times: readonly string[], now: number): number | null {
  const nexts = times.flatMap((time) => {
    const parsed = parseCalendar(time);
    const at: Instant | null = parsed.ok ? nextElapse(parsed.value, instantOf(now * 1000), utc) : null;
    return at === null ? [] : [Math.floor(at / 1000)];
  });
  return nexts.length === 0 ? null : Math.min(...nexts);
}

/** The date that a clock in the zone shows at a moment. */
export function dateInZone(millis: number, zoneName: string): string {
  const zone = readZone(zoneName) ?? utc;
  const seconds = Math.floor(millis / 1000);
  const offset = zone.offsets[entryAt(zone, seconds, 0)]!;
  return new Date((seconds + offset) * 1000).toISOString().slice(0, 10);
}

/** The same with the time of day, for people: "2026-11-23 07:30". */
export function timeInZone(millis: number, zoneName: string): string {
  const zone = readZone(zoneName) ?? utc;
  const seconds = Math.floor(millis / 1000);
  const offset = zone.offsets[entryAt(zone, seconds, 0)]!;
  return new Date((seconds + offset) * 1000).toISOString().slice(0, 16).replace("T", " ");
}
