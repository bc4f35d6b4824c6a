import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import type { CheckState } from "./check-state.ts";
import { canBeBlamed, ownWindow } from "./look-facts.ts";
import { notNow } from "./not-now.ts";
import type { ServiceState } from "./service-state.ts";

/** Whose fault a stall is. back: it works again, and the service is given time to come back by itself. */
export type Blame = { dependency: string; back: boolean };

/** The checks of what a service depends on that are to be made now. */
export function dependencyChecks(rule: WatchRule, state: ServiceState, now: number): CheckRule[] {
  return rule.checks.filter((check) => check.dependency !== null && notNow(check, state, now) === null);
}

/**
 * The dependency that explains why a check of the service itself fails: one that fails now, by its verdict or by its latest
 * result alone, or one that has only just come back. null when it is the service's own fault.
 */
export function blameOf(rule: WatchRule, check: CheckRule, state: ServiceState, now: number): Blame | null {
  const seen = state.checks[check.id];
  if (!canBeBlamed(check) || seen === undefined) return null;
  const dependencies = dependencyChecks(rule, state, now);
  const failing = dependencies.find((one) => failsNow(state.checks[one.id]));
  if (failing) return { dependency: failing.dependency!, back: false };
  const back = dependencies.find((one) => {
    const until = returnUntil(rule, check, seen, state.checks[one.id]);
    return until !== null && now < until;
  });
  return back ? { dependency: back.dependency!, back: true } : null;
}

/**
 * Until when a service that stalled while a dependency was bad may take to come back: as long as after a start. null when
 * the dependency was not bad meanwhile, as far as is known.
 */
export function returnUntil(
  rule: WatchRule,
  check: CheckRule,
  seen: CheckState,
  dependency: CheckState | undefined,
): number | null {
  const window = ownWindow(check.look);
  // It stood still before that showed: what came back in between may be why.
  const stalled = seen.since - window;
  if (dependency === undefined || dependency.okSince === null || dependency.okSince < stalled) return null;
  const { verdict, window: results, opened, since, okSince } = dependency;
  const wasBad =
    verdict !== "ok" || opened.length > 0 || results.some((result) => result !== "ok") || since > okSince;
  return wasBad ? okSince + Math.max(rule.grace, window) : null;
}

function failsNow(state: CheckState | undefined): boolean {
  if (state === undefined || state.last === null) return false;
  return state.last.result === "fail" || (state.verdict === "failing" && state.last.result !== "ok");
}
