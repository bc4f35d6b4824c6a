import { dayNumber } from "./civil.ts";
import { parsePosixRule, type PosixRule } from "./posix-rule.ts";
import type { Zone } from "./zone.ts";

type Entry = { start: number; offset: number; daylight: boolean; abbreviation: string };
type Header = {
  version: number;
  utcFlags: number;
  standardFlags: number;
  leaps: number;
  times: number;
  types: number;
  letters: number;
};

const headerSize = 44;
// systemd calendars end with the year 2199; mktime(3) looks up to nine years around a time.
const lastYear = 2210;

/** The zone in a compiled time zone file, tzfile(5), as glibc reads it; null for what is none or counts leap seconds. */
export function parseTzif(name: string, bytes: Uint8Array): Zone | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const first = readHeader(view, 0);
    if (!first || first.version < 2) return null;
    // The first block has 32-bit times and is for programs of the last century.
    const at = headerSize + blockSize(first, 4);
    const header = readHeader(view, at);
    if (!header || header.leaps > 0 || header.types === 0) return null;
    const entries = readTable(view, at + headerSize, header);
    const footer = at + headerSize + blockSize(header, 8);
    const rule = parsePosixRule(new TextDecoder().decode(bytes.subarray(footer)).trim());
    if (rule) continueByRule(entries, rule);
    return makeZone(name, entries);
  } catch (error) {
    // A truncated file.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readHeader(view: DataView, at: number): Header | null {
  if (view.getUint32(at) !== 0x54_5a_69_66) return null;
  const digit = view.getUint8(at + 4);
  const count = (index: number) => view.getUint32(at + 20 + 4 * index);
  return {
    version: digit === 0 ? 1 : digit - 0x30,
    utcFlags: count(0),
    standardFlags: count(1),
    leaps: count(2),
    times: count(3),
    types: count(4),
    letters: count(5),
  };
}

function blockSize(header: Header, timeSize: number): number {
  const { times, types, letters, leaps, standardFlags, utcFlags } = header;
  return times * (timeSize + 1) + types * 6 + letters + leaps * (timeSize + 4) + standardFlags + utcFlags;
}

function readTable(view: DataView, at: number, header: Header): Entry[] {
  const indexes = at + header.times * 8;
  const types = indexes + header.times;
  const letters = types + header.types * 6;
  const abbreviationAt = (index: number) => {
    let text = "";
    for (let i = letters + index; view.getUint8(i) !== 0; i++) text += String.fromCharCode(view.getUint8(i));
    return text;
  };
  const kinds = Array.from({ length: header.types }, (_, i) => ({
    offset: view.getInt32(types + i * 6),
    daylight: view.getUint8(types + i * 6 + 4) === 1,
    abbreviation: abbreviationAt(view.getUint8(types + i * 6 + 5)),
  }));
  // Before the first change the first kind that is no daylight saving time was in force.
  const entries: Entry[] = [{ start: -Infinity, ...(kinds.find((kind) => !kind.daylight) ?? kinds[0]!) }];
  for (let i = 0; i < header.times; i++)
    entries.push({ start: Number(view.getBigInt64(at + i * 8)), ...kinds[view.getUint8(indexes + i)]! });
  return entries;
}

/** From the last change in the table on, the rule alone counts, and glibc applies it to each year of UTC by itself. */
function continueByRule(entries: Entry[], rule: PosixRule): void {
  const { standard, daylight } = rule;
  const start = entries.at(-1)!.start;
  if (entries.length > 1) entries.pop();
  if (!daylight) {
    entries.push({ start, ...standard, daylight: false });
    return;
  }
  const begun = Number.isFinite(start) ? new Date(start * 1000).getUTCFullYear() : 1970;
  for (let year = begun; year <= lastYear; year++) {
    const newYear = dayNumber(year, 1, 1) * 86_400;
    const nextYear = dayNumber(year + 1, 1, 1) * 86_400;
    const [begin, end] = [daylight.begin(year), daylight.end(year)];
    const isDaylight = (at: number) => (begin > end ? at < end || at >= begin : at >= begin && at < end);
    const from = Math.max(newYear, start);
    for (const at of [from, ...[begin, end].filter((at) => at > from && at < nextYear).sort((a, b) => a - b)])
      entries.push({ start: at, ...(isDaylight(at) ? daylight : standard), daylight: isDaylight(at) });
  }
}

function makeZone(name: string, entries: readonly Entry[]): Zone {
  const same = (a: Entry, b: Entry) =>
    a.offset === b.offset && a.daylight === b.daylight && a.abbreviation === b.abbreviation;
  const kept = entries.filter((entry, i) => i === 0 || !same(entry, entries[i - 1]!));
  return {
    name,
    starts: Float64Array.from(kept, (entry) => entry.start),
    offsets: Int32Array.from(kept, (entry) => entry.offset),
    daylight: Uint8Array.from(kept, (entry) => (entry.daylight ? 1 : 0)),
    abbreviations: kept.map((entry) => entry.abbreviation),
  };
}
