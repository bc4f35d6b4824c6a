import { keptNumber } from "./local-probe.ts";
import type { ProbeContext } from "./probe.ts";

/**
 * Since when it has been so, for limits that may be passed for a while. `kept` holds `above` and `at`, the time of the
 * last look. After a time in which nobody looked it begins anew: one look on either side of an hour proves no hour.
 */
export function lastingSince({ now, kept, check }: ProbeContext, above: boolean): number | null {
  if (!above) return null;
  const [since, at] = [keptNumber(kept, "above"), keptNumber(kept, "at")];
  const looked = at !== null && at <= now && now - at <= Math.max(3 * check.every, 150_000);
  return since !== null && since <= now && looked ? since : now;
}
