import type { IsoDate } from "./iso-date.ts";

/** What a calendar says of one day. Past its data it says so: a guessed trading day is worse than none. */
export type Day =
  | { readonly open: true; readonly closes?: string; readonly note?: string }
  | { readonly open: false; readonly why: string }
  | { readonly open: "unknown"; readonly why: string };

export interface TradingCalendar {
  readonly name: string;
  /** Where its dates and closing times are; null follows the zone of whoever asks. */
  readonly zone: string | null;
  readonly validFrom: IsoDate;
  readonly validUntil: IsoDate;
  /** What its days were taken from. */
  readonly source: string;
  day(date: Temporal.PlainDate | IsoDate): Day;
}

/** One day in words: "open", "half day, closes 13:00 (Christmas Eve)", "closed: Thanksgiving Day". */
export function describeDay(calendar: TradingCalendar, date: Temporal.PlainDate | IsoDate): string {
  const day = calendar.day(date);
  if (day.open === "unknown") return `unknown: ${day.why}`;
  if (!day.open) return `closed: ${day.why}`;
  const hours = day.closes === undefined ? "open" : `half day, closes ${day.closes}`;
  return day.note === undefined ? hours : `${hours} (${day.note})`;
}
