import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { dependencyChecks, returnUntil } from "./blame.ts";
import type { CheckState } from "./check-state.ts";
import { inHours } from "./hours.ts";
import { calmAfter, recoveryDelay, unknownFor } from "./judge.ts";
import { judgeAt } from "./not-now.ts";
import { proofTime } from "./proof.ts";
import type { ServiceState } from "./service-state.ts";
import { settlingOf } from "./settling.ts";

const soon = 2000;

/**
 * The earliest moment after now when a look or a decision may come out differently without anything else happening: then
 * look at the checks for which nextLookAt has come, and decide. Milliseconds since the epoch; null when there is none.
 */
export function nextDecisionAt(rule: WatchRule, state: ServiceState, now: number): number | null {
  const { unit, breaker, crashes } = state;
  const { resetAfter } = rule.heal;
  const calm = Math.max(unit.activeSince ?? now, crashes.at(-1) ?? 0);
  const running = unit.activeSince !== null;
  const moments = [
    ...(breaker.state === "open" && breaker.rearmAt !== null ? [breaker.rearmAt] : []),
    ...(breaker.state === "half-open" ? [Math.max(breaker.since, calm) + proofTime(rule)] : []),
    ...(running ? [unit.activeSince! + rule.grace] : []),
    ...(running && resetAfter !== null && unit.restarts > 0 ? [calm + resetAfter] : []),
    ...returnsOf(rule, state, now),
    ...rule.checks.flatMap((check) => turnsOf(rule, check, state, now)),
  ];
  const coming = moments.filter((at) => at > now && at < Infinity);
  return coming.length === 0 ? null : Math.min(...coming);
}

/**
 * When a check is to be looked at again: after `every`, when the result will change by itself, and when its verdict may.
 * A moment that has passed means now.
 */
export function nextLookAt(rule: WatchRule, check: CheckRule, state: ServiceState, now: number): number {
  const seen = state.checks[check.id];
  if (seen === undefined || seen.lastAt === null || seen.lastAt > now) return now;
  const hours = inHours(check.during, now);
  if (hours.open === false) return hours.until;
  const turns = turnsOf(rule, check, state, seen.lastAt).filter((at) => at > seen.lastAt!);
  return Math.min(seen.lastAt + paceOf(check, seen), ...turns);
}

/** That work goes on again is seen soon: a look at a file's age or at a count costs next to nothing. */
function paceOf(check: CheckRule, seen: CheckState): number {
  const cheap = ["beat", "log", "file"].includes(check.look.kind);
  return cheap && seen.verdict === "failing" ? Math.min(check.every, soon) : check.every;
}

/** When what stalled by a dependency that is back should have come back, too. */
function returnsOf(rule: WatchRule, state: ServiceState, now: number): number[] {
  return rule.checks.flatMap((check) => {
    const seen = state.checks[check.id];
    if (!check.heals || seen?.verdict !== "failing") return [];
    return dependencyChecks(rule, state, now).flatMap(
      (one) => returnUntil(rule, check, seen, state.checks[one.id]) ?? [],
    );
  });
}

function turnsOf(rule: WatchRule, check: CheckRule, state: ServiceState, now: number): number[] {
  const hours = inHours(check.during, now);
  const edge = hours.until === Infinity ? [] : [hours.until];
  const seen = state.checks[check.id];
  if (seen === undefined || hours.open !== true) return edge;
  const settling = settlingOf(check, seen, judgeAt(rule, check, state, now));
  return [...edge, ...(settling ? [settling.until] : []), ...verdictTurns(seen, now)];
}

function verdictTurns(seen: CheckState, now: number): number[] {
  const { last, okSince, unknownSince, verdict } = seen;
  const recovering = okSince !== null && (verdict === "failing" || verdict === "unknown");
  return [
    ...(last?.dueAt === undefined ? [] : [last.dueAt]),
    ...(recovering ? [okSince + recoveryDelay(seen, now)] : []),
    ...(unknownSince !== null && verdict !== "unknown" ? [unknownSince + unknownFor] : []),
    ...(seen.flapping && verdict === "ok" ? [seen.since + calmAfter(seen.opened)] : []),
  ];
}
