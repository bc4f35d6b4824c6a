import type { GrowthRule } from "../../compile/watch-rule.ts";
import type { Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { describeSize } from "../../value/size.ts";
import { reading } from "./local-probe.ts";
import { trendOf, type Samples } from "./trend.ts";

/**
 * Holds the trend of samples against the most that something may grow. Half of the window has to be seen before; until
 * then, and where it is good, it says nothing.
 */
export function judgeGrowth({ bytes, window }: GrowthRule, samples: Samples): Reading {
  const trend = trendOf(samples);
  if (trend === null || trend.covers < window / 2) return reading("ok", "", { limit: bytes });
  const value = Math.round(trend.slope * window);
  if (value <= bytes) return reading("ok", "", { value, limit: bytes });
  const seen = `${samples.length} looks in ${describeDuration(trend.covers)}`;
  const rate = `${describeSize(value)} in ${describeDuration(window)} (${seen})`;
  return reading("fail", `it grows by ${rate}, over ${describeSize(bytes)}`, { value, limit: bytes });
}
