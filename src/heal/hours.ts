/// <reference lib="esnext.temporal" />
import { findCalendar } from "../calendar/find-calendar.ts";
import type { TradingCalendar } from "../calendar/calendar.ts";
import type { During } from "../compile/watch-rule.ts";

/**
 * Is it within the hours of a check? Milliseconds since the epoch. `since` is when the hours began, with what goes before
 * without a gap; null: so long ago that it does not matter. "unknown" when the calendar's data have run out: on a guessed
 * trading day, silence would restart a healthy service, and on a guessed holiday nobody would look.
 */
export type Hours =
  | { readonly open: true; readonly since: number | null; readonly until: number }
  | { readonly open: false; readonly why: string; readonly until: number }
  | { readonly open: "unknown"; readonly why: string; readonly until: number };

const always: Hours = { open: true, since: null, until: Infinity };
const daysAround = 15;

const known = new WeakMap<During, { asked: number; hours: Hours }>();

/** Whether `during` is open now; null is always. Asking again before the answer ends costs nothing. */
export function inHours(during: During | null, now: number): Hours {
  if (during === null) return always;
  const before = known.get(during);
  if (before && now >= before.asked && now < before.hours.until) return before.hours;
  const hours = findHours(during, now);
  known.set(during, { asked: now, hours });
  return hours;
}

/** The hours of one day: open, closed, or not known, from and to in milliseconds. */
type Span = { open: true | false | "unknown"; why: string; from: number; to: number };

function findHours(during: During, now: number): Hours {
  const calendar = during.calendar === null ? null : (findCalendar(during.calendar) ?? null);
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(during.zone).toPlainDate();
  const span = (offset: number) => spanOf(during, calendar, today.add({ days: offset }));
  const around = [-1, 0].map(span);
  const holds = ({ from, to }: Span) => from <= now && now < to;
  const current = around.find((one) => holds(one) && one.open === true);
  if (current) return joined(span, current === around[0] ? -1 : 0);
  const unknown = around.find((one) => holds(one) && one.open === "unknown");
  if (unknown) return { open: "unknown", why: unknown.why, until: unknown.to };
  const closed = around.findLast(holds);
  const why = closed?.why ?? `outside of ${during.name}`;
  for (let offset = 0; offset <= daysAround; offset++) {
    const next = span(offset);
    if (next.from > now && next.open !== false) return { open: false, why, until: next.from };
  }
  return { open: false, why, until: span(daysAround).to };
}

/** Hours that follow each other without a gap are one: midnight begins nothing. */
function joined(span: (offset: number) => Span, offset: number): Hours {
  let [first, last] = [span(offset), span(offset)];
  let since: number | null = first.from;
  for (let at = offset - 1; since !== null; at--) {
    const before = span(at);
    if (before.open !== true || before.to < first.from) break;
    first = before;
    since = offset - at >= daysAround ? null : first.from;
  }
  for (let at = offset + 1; at - offset <= daysAround; at++) {
    const after = span(at);
    if (after.open !== true || after.from > last.to) break;
    last = after;
  }
  return { open: true, since, until: last.to };
}

/** A day is one of the window's zone, by when its hours begin; they may last past midnight. */
function spanOf(during: During, calendar: TradingCalendar | null, day: Temporal.PlainDate): Span {
  const { hours, zone } = during;
  const from = hours === null ? startOf(day, zone) : timeOf(day, hours.from, zone);
  const to =
    hours === null
      ? startOf(day.add({ days: 1 }), zone)
      : timeOf(hours.to > hours.from ? day : day.add({ days: 1 }), hours.to, zone);
  if (!during.days.includes(day.dayOfWeek))
    return { open: false, why: `not a day of ${during.name}`, from, to };
  if (calendar === null) return { open: true, why: "", from, to };
  const there = calendar.zone ?? zone;
  const date = hours === null ? day : dateAt((from + to) / 2, there);
  const found = calendar.day(date);
  if (found.open !== true) return { open: found.open, why: found.why, from, to };
  if (found.closes === undefined) return { open: true, why: "", from, to };
  const [hour = 0, minute = 0] = found.closes.split(":").map(Number);
  const closes = timeOf(date, hour * 60 + minute, there);
  return { open: true, why: "", from, to: Math.max(from, Math.min(to, closes)) };
}

/** What the clocks skip happens when they have skipped it, what they show twice happens the first time. */
function timeOf(day: Temporal.PlainDate, minutes: number, zone: string): number {
  if (minutes === 1440) return startOf(day.add({ days: 1 }), zone);
  const plainTime = Temporal.PlainTime.from({ hour: Math.floor(minutes / 60), minute: minutes % 60 });
  return day.toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds;
}

function startOf(day: Temporal.PlainDate, zone: string): number {
  return day.toZonedDateTime(zone).epochMilliseconds;
}

function dateAt(moment: number, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(moment)).toZonedDateTimeISO(zone).toPlainDate();
}
