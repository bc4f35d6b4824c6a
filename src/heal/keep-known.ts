import { createHash } from "node:crypto";
import type { Look, WatchRule } from "../compile/watch-rule.ts";
import { newCheckState, type CheckState } from "./check-state.ts";
import { describeCheck, type StepEvent } from "./step-event.ts";

/**
 * What is still known of the checks of a rule that may be another one than before. A check that looks at something else now
 * begins anew; where it had failed, or could not be told, somebody waits for the end of that, which is an event.
 */
export function keepKnown(
  rule: WatchRule,
  states: Readonly<Record<string, Partial<CheckState>>>,
  now: number,
): { checks: Record<string, CheckState>; ended: readonly StepEvent[] } {
  const checks: Record<string, CheckState> = {};
  const ended: StepEvent[] = [];
  for (const check of rule.checks) {
    const found = states[check.id];
    if (found === undefined) continue;
    // What an older version has written may lack a field.
    const state = { ...newCheckState(now), ...found };
    if (state.looksAt === null || state.looksAt === fingerprint(check.look)) checks[check.id] = state;
    else if (state.verdict === "failing" || state.verdict === "unknown")
      ended.push({
        at: now,
        kind: "check-changed",
        check: check.id,
        says: `${describeCheck(rule.service, check)} looks at something else now; what it found before does not count`,
        data: null,
      });
  }
  return { checks, ended };
}

/** The same for two looks that ask the same. */
export function fingerprint(look: Look): string {
  return createHash("sha256").update(JSON.stringify(look)).digest("base64url").slice(0, 16);
}
