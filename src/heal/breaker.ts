import type { HealRule } from "../compile/watch-rule.ts";
import type { Decision } from "./decision.ts";
import { closedBreaker, type Breaker } from "./service-state.ts";

/** However often it opens again, it is tried at least once a day. */
const longestHold = 86_400_000;

/** When a breaker that opens now lets one try through: twice as long for each opening without a closing between. */
export function rearmAt({ rearm }: HealRule, { trips }: Breaker, now: number): number | null {
  if (rearm === null) return null;
  return now + Math.min(rearm * 2 ** Math.min(trips, 20), Math.max(longestHold, rearm));
}

/** The breaker after a decision; the same one when the decision does not touch it. */
export function breakerAfter(breaker: Breaker, decision: Decision, now: number): Breaker {
  switch (decision.kind) {
    case "open-breaker":
      return {
        state: "open",
        since: now,
        why: decision.why,
        rearmAt: decision.rearmAt,
        trips: Math.min(breaker.trips + 1, 1000),
      };
    case "try-again":
      return { ...breaker, state: "half-open", since: now, rearmAt: null };
    case "close-breaker":
      return closedBreaker(now);
    default:
      return breaker;
  }
}
