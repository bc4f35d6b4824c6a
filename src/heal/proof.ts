import type { WatchRule } from "../compile/watch-rule.ts";
import { isOwn, ownWindow } from "./look-facts.ts";
import { notNow } from "./not-now.ts";
import type { ServiceState } from "./service-state.ts";

/** What is known of a heal that has been carried out, in words that stand in the record. */
export type Proof = { outcome: "helped" | "did-not-help" | "not-yet"; why: string; until: number };

/**
 * How long a start may take to show that it helped, from ready on, in milliseconds: heal.proof, and at least the grace and
 * each check's own window, so that a check that must be silent for 5 min to fail is not called bad after one.
 */
export function proofTime(rule: WatchRule): number {
  const spans = healing(rule).map((check) => Math.max(ownWindow(check.look), check.every + check.timeout));
  return Math.max(rule.heal.proof, rule.grace, ...spans);
}

/**
 * Did it help? Yes when every check that may heal was seen good after the start (`recovers` times in a row when it had
 * failed); no when the time for that has passed, or the unit has gone down. `at` is when the heal began, `readyAt` when the
 * unit was ready; both in milliseconds since the epoch.
 */
export function proofOf(
  rule: WatchRule,
  heal: { at: number; readyAt: number },
  state: ServiceState,
  now: number,
): Proof {
  const until = heal.readyAt + proofTime(rule);
  const { unit } = state;
  if (unit.active === "failed" || unit.active === "inactive")
    return {
      outcome: "did-not-help",
      why: `its unit is ${unit.active}${unit.ended ? `: ${unit.ended}` : ""}`,
      until,
    };
  if (state.crashes.some((crash) => crash > heal.readyAt && crash <= now))
    return { outcome: "did-not-help", why: "it died again, and systemd had to start it", until };
  const open = healing(rule).filter((check) => !isShown(check.id));
  if (unit.active !== "active" && unit.active !== "reloading")
    return { outcome: late() ? "did-not-help" : "not-yet", why: `its unit is ${unit.active}`, until };
  if (open.length === 0 && !isFailing()) return { outcome: "helped", why: shown(), until };
  const says = open
    .map(({ id }) => `${id}: ${state.checks[id]?.last?.says ?? "not looked at yet"}`)
    .join("; ");
  return { outcome: late() ? "did-not-help" : "not-yet", why: says || "its unit has just started", until };

  function late(): boolean {
    return now >= until;
  }

  /** Without any check, what shows it is that the unit is still the one that was started, a grace later. */
  function isFailing(): boolean {
    return healing(rule).length === 0 && now < heal.readyAt + Math.min(rule.grace, rule.heal.proof);
  }

  function shown(): string {
    const ids = healing(rule).map(({ id }) => id);
    return ids.length === 0 ? "its unit stays active" : `good again: ${ids.join(", ")}`;
  }

  function isShown(id: string): boolean {
    const check = rule.checks.find((one) => one.id === id)!;
    // Whoever is not to look outside of the hours cannot be shown anything.
    if (notNow(check, state, now)?.result === "skipped") return true;
    const seen = state.checks[id];
    if (seen?.last?.result !== "ok" || seen.lastAt === null || seen.lastAt > now) return false;
    if (seen.lastAt < heal.readyAt) return false;
    if (seen.verdict === "ok" || seen.verdict === "pending") return true;
    const row = seen.window.slice(-check.recovers);
    return (
      row.length === check.recovers &&
      row.every((result) => result === "ok") &&
      (seen.okSince ?? 0) >= heal.at
    );
  }
}

/** Which checks a heal has to answer to; those of the program itself when none of them may heal. */
function healing(rule: WatchRule) {
  const may = rule.checks.filter((check) => check.heals);
  return may.length > 0 ? may : rule.checks.filter((check) => isOwn(check) && check.severity === "error");
}
