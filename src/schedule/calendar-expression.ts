import type { Zone } from "./zone.ts";

/** Values of one field from `start` on: to `stop` if there is one, every `step` if that is not 0, else just the one. */
export type Range = { readonly start: number; readonly stop: number | null; readonly step: number };

/** A list of ranges that any value may match; an empty one matches all. */
export type Field = readonly Range[];

/** A calendar event expression as systemd understands it, systemd.time(7) "CALENDAR EVENTS"; made by parseCalendar alone. */
export type CalendarExpression = {
  /** One bit for each day, Monday's the lowest; null for any day. */
  readonly weekdays: number | null;
  readonly year: Field;
  readonly month: Field;
  readonly day: Field;
  /** Whether days are counted from the end of the month: `~01` is the last one. */
  readonly fromMonthEnd: boolean;
  readonly hour: Field;
  readonly minute: Field;
  /** Seconds of a minute, in microseconds. */
  readonly micros: Field;
  /** null for the zone of the host's clock. */
  readonly zone: Zone | null;
  /** Set when the host's zone was named by an abbreviation such as EST, which fixes whether its daylight saving time is meant. */
  readonly abbreviation: { readonly name: string; readonly daylight: boolean } | null;
};

export const firstYear = 1970;
export const lastYear = 2199;
export const microsPerSecond = 1_000_000;
export const everyDay = 127;
export const weekdayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
