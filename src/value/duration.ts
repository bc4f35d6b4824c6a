import { notParsed, parsed, type Parsed } from "./parsed.ts";

declare const brand: unique symbol;

/** A span of time in milliseconds; Infinity means "no limit". */
export type Duration = number & { readonly [brand]: "Duration" };

const second = 1000;
const units: readonly (readonly [pattern: RegExp, millis: number, name: string])[] = [
  [/^(ms|msec)$/, 1, "ms"],
  [/^(s|sec|seconds?)$/, second, "s"],
  [/^(m|min|minutes?)$/, 60 * second, "min"],
  [/^(h|hr|hours?)$/, 3600 * second, "h"],
  [/^(d|days?)$/, 86_400 * second, "d"],
  [/^(w|weeks?)$/, 7 * 86_400 * second, "w"],
];
const expected = "a number and a unit, such as 30s, 5m, 1h 30m or 7d";

/** Time spans as in systemd.time(7), but never a bare number: RestartSec=5000 has meant 83 minutes to too many people. */
export function parseDuration(text: string): Parsed<Duration> {
  const compact = text.trim();
  if (compact === "infinity") return parsed(Infinity as Duration);
  if (compact === "0") return parsed(0 as Duration);
  if (/^\d+(\.\d+)?$/.test(compact)) return notParsed(expected, `${compact}s`);
  let total = 0;
  let rest = compact;
  while (rest !== "") {
    const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)\s*/.exec(rest);
    const unit = match && units.find(([pattern]) => pattern.test(match[2]!));
    if (!match || !unit) return notParsed(expected);
    total += Number(match[1]) * unit[1];
    rest = rest.slice(match[0].length);
  }
  const millis = Math.round(total);
  return compact === "" || !Number.isSafeInteger(millis) ? notParsed(expected) : parsed(millis as Duration);
}

/** The shortest exact text that systemd reads as the same span: 3600000 -> "1h", 90000 -> "90s". */
export function formatDuration(duration: Duration): string {
  if (duration === Infinity) return "infinity";
  if (duration === 0) return "0";
  const unit = units.slice(0, 5).findLast(([, millis]) => duration % millis === 0)!;
  return `${duration / unit[1]}${unit[2]}`;
}

/** For people: "6 h 12 min", "2.3 s"; two units at the most. */
export function describeDuration(millis: number): string {
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (millis < 60 * second) return `${Number((millis / second).toFixed(1))} s`;
  const parts: string[] = [];
  let rest = Math.round(millis / second) * second;
  for (const [, size, name] of units.slice(1, 5).toReversed()) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${name}`);
    rest -= count * size;
  }
  return parts.slice(0, 2).join(" ");
}

export function durationOf(millis: number): Duration {
  return millis as Duration;
}
