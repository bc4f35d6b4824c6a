import { durationOf, formatDuration } from "../value/duration.ts";
import { formatSize } from "../value/size.ts";

/** Keys of rules that hold milliseconds. */
const spans = new Set([
  "every",
  "timeout",
  "within",
  "fresh",
  "fasterThan",
  "validFor",
  "progress",
  "lasting",
  "fullIn",
  "offset",
  "rearm",
  "proof",
  "resetAfter",
  "grace",
]);

/** The parts of a rule with their values as people write them, so that a plan shows what changes and nothing else. */
export function describeRule(rule: object): [key: string, value: string][] {
  return Object.entries(rule)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]): [string, string] => [key, describe(key, value)]);
}

function describe(key: string, value: unknown): string {
  if (typeof value === "number") return spans.has(key) ? formatDuration(durationOf(value)) : String(value);
  if (Array.isArray(value)) return value.join(" ");
  if (typeof value !== "object" || value === null) return String(value);
  const { count, of, window, share, bytes, name } = value as Readonly<Record<string, number | string>>;
  const per = window === undefined ? "" : ` per ${formatDuration(durationOf(Number(window)))}`;
  if (share !== undefined) return `${Number((Number(share) * 100).toFixed(1))}%`;
  if (bytes !== undefined) return `${formatSize(Number(bytes) as never)}${per}`;
  if (of !== undefined) return `${count} of ${of}`;
  if (count !== undefined) return `${count}${per}`;
  return key === "during" && name !== undefined ? describeHours(value as never) : JSON.stringify(value);
}

type Hours = {
  name: string;
  days: readonly number[];
  hours: { from: number; to: number } | null;
  zone: string;
};

function describeHours({
  name,
  days,
  hours,
  zone,
  ...rest
}: Hours & { calendar?: { base: string } | null }): string {
  const time = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  const at = hours === null ? "" : ` ${time(hours.from)}..${time(hours.to)}`;
  const calendar = rest.calendar ? ` on days of ${rest.calendar.base}` : "";
  return `${name} (days ${days.join("")}${at} ${zone}${calendar})`;
}
