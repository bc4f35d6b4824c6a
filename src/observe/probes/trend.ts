import type { Kept, KeptValue } from "../../heal/reading.ts";

/** Measurements and their times in milliseconds, oldest first. */
export type Samples = readonly (readonly [time: number, value: number])[];

const most = 32;

/** Adds a measurement; at most 32 are kept, spread over the window, and the newest always counts. */
export function addSample(samples: Samples, now: number, value: number, window: number): Samples {
  // Those of the time to come are of before the clock was set back.
  const inside = samples.filter(([time]) => time > now - window && time < now);
  const [before] = inside.slice(-2, -1);
  const crowded = before !== undefined && now - before[0] < window / (most - 2);
  return [...(crowded ? inside.slice(0, -1) : inside), [now, value] as const].slice(-most);
}

export type Trend = {
  /** Change in a millisecond, by least squares. */
  slope: number;
  /** What it goes by, in milliseconds from the oldest to the newest sample. */
  covers: number;
};

/** null with fewer than four samples: nothing can be said of them. */
export function trendOf(samples: Samples): Trend | null {
  if (samples.length < 4) return null;
  const [begin, end] = [samples[0]![0], samples.at(-1)![0]];
  const mean = (pick: 0 | 1): number => samples.reduce((sum, one) => sum + one[pick], 0) / samples.length;
  const [time, value] = [mean(0), mean(1)];
  const spread = samples.reduce((sum, [t]) => sum + (t - time) ** 2, 0);
  if (spread === 0) return null;
  const slope = samples.reduce((sum, [t, v]) => sum + (t - time) * (v - value), 0) / spread;
  return { slope, covers: end - begin };
}

/** Samples as they were kept; none when something else is there. */
export function keptSamples(kept: Kept | null): Samples {
  const found = kept?.["samples"];
  return Array.isArray(found) ? (found as readonly KeptValue[]).filter(isSample) : [];
}

function isSample(value: KeptValue): value is readonly [number, number] {
  return Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "number";
}
