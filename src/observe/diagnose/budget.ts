import type { Properties } from "../../host/host.ts";
import { numberOf, textOf } from "../../host/properties.ts";
import type { Budget, Deed } from "./diagnosis.ts";
import type { Run } from "./runs.ts";

/**
 * How much of StartLimitBurst= is used, by systemd's own rule (src/basic/ratelimit.c): a window opens with a start, and
 * counts all starts until it closes. Deliberate starts through Holdfast clear the counter, so they open a new one.
 */
export function budgetOf(
  runs: readonly Run[],
  properties: Properties,
  deeds: readonly Deed[],
  now: number,
): Budget | null {
  const burst = numberOf(properties, "StartLimitBurst");
  const window = numberOf(properties, "StartLimitIntervalUSec");
  if (burst === 0 || window === 0) return null;
  let opened = -Infinity;
  let used = 0;
  for (const [index, { began }] of runs.entries()) {
    const automatic = runs[index - 1]?.restart === true;
    const cleared = !automatic && deeds.some((deed) => deed.from <= began && began <= deed.to);
    if (cleared || began > opened + window) {
      opened = began;
      used = 0;
    }
    used += 1;
  }
  const refused = runs.at(-1)?.refused != null && textOf(properties, "ActiveState") === "failed";
  if (now > opened + window) used = 0;
  return {
    used: refused ? burst : Math.min(used, burst),
    of: burst,
    windowMillis: window / 1000,
    spent: refused,
  };
}
