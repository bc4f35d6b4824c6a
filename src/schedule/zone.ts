/**
 * A time zone as a table: from `starts[i]` (seconds since 1970-01-01 UTC) on, clocks are `offsets[i]` seconds ahead of UTC.
 * The first entry is valid for all time before the second.
 */
export type Zone = {
  readonly name: string;
  readonly starts: Float64Array;
  readonly offsets: Int32Array;
  readonly daylight: Uint8Array;
  readonly abbreviations: readonly string[];
};

/** Where a zone's clocks are changed: forward leaves a gap on the wall clock, backward makes it show some times twice. */
export type ClockChange = { readonly at: number; readonly before: number; readonly after: number };

export const utc: Zone = {
  name: "UTC",
  starts: Float64Array.of(-Infinity),
  offsets: Int32Array.of(0),
  daylight: Uint8Array.of(0),
  abbreviations: ["UTC"],
};

/** Index of the entry in force at a time; `near` is where to look first, usually the result of the last call. */
export function entryAt(zone: Zone, seconds: number, near: number): number {
  const { starts } = zone;
  if (seconds >= starts[near]!) {
    if (near + 1 === starts.length || seconds < starts[near + 1]!) return near;
  }
  let low = 0;
  let high = starts.length;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (seconds < starts[middle]!) high = middle;
    else low = middle;
  }
  return low;
}

/** When clocks of the zone change from `from` until before `to`, both in seconds since 1970-01-01 UTC. */
export function clockChanges(zone: Zone, from: number, to: number): ClockChange[] {
  const changes: ClockChange[] = [];
  for (let i = Math.max(1, entryAt(zone, from, 0)); i < zone.starts.length; i++) {
    const [at, before, after] = [zone.starts[i]!, zone.offsets[i - 1]!, zone.offsets[i]!];
    if (at >= to) break;
    if (at >= from && before !== after) changes.push({ at, before, after });
  }
  return changes;
}

/** What the zone calls its standard and its daylight saving time from a moment on, tzname(3): systemd takes these names behind an expression. */
export function abbreviationsAt(zone: Zone, seconds: number): readonly [standard: string, daylight: string] {
  const names: [string | undefined, string | undefined] = [undefined, undefined];
  for (let i = entryAt(zone, seconds, 0); i < zone.starts.length && names.includes(undefined); i++)
    names[zone.daylight[i]!] ??= zone.abbreviations[i]!;
  const standard = names[0] ?? names[1]!;
  return [standard, names[1] ?? standard];
}
