import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { describeDuration } from "../value/duration.ts";
import { assess, describeBlame } from "./assess.ts";
import { blameOf, dependencyChecks } from "./blame.ts";
import { rearmAt } from "./breaker.ts";
import type { Decision } from "./decision.ts";
import { isTallied } from "./judge.ts";
import { canBeBlamed, causeOf, isOwn } from "./look-facts.ts";
import { notNow } from "./not-now.ts";
import { proofTime } from "./proof.ts";
import type { ServiceState } from "./service-state.ts";

const second = 1000;

/** What a dependency was asked longer ago says nothing of this failure; its own time-out on top. */
const freshFor = 5 * second;

const nothing = (why: string): Decision => ({ kind: "nothing", why });

/**
 * What is to be done about a service now. Pure: the same rule, state and moment give the same decision, so that whoever was
 * killed decides the same again. Decisions are taken on evidence of this run of the program, never on memory alone.
 */
export function decide(rule: WatchRule, state: ServiceState, now: number): Decision {
  return (
    handsOff(state) ??
    heldDecision(state, now) ??
    unitDecision(rule, state, now) ??
    crashDecision(rule, state, now) ??
    graceDecision(rule, state, now) ??
    failureDecision(rule, state, now) ??
    recycleDecision(rule, state, now) ??
    calmDecision(rule, state, now) ??
    nothing("nothing fails that heals")
  );
}

/** People and changes come first, and one heal ends before another begins. */
function handsOff({ circumstances, heals }: ServiceState): Decision | null {
  if (circumstances.changing) return nothing("a change of the application is under way");
  if (circumstances.paused !== null) return nothing(`heals are switched off: ${circumstances.paused}`);
  if (circumstances.stoppedBy !== null) return nothing(`stopped on purpose: ${circumstances.stoppedBy}`);
  if (heals.some(({ outcome }) => outcome === "open")) return nothing("a heal is under way");
  return null;
}

function heldDecision({ breaker }: ServiceState, now: number): Decision | null {
  if (breaker.state !== "open") return null;
  if (breaker.rearmAt === null) return nothing(`held until somebody resets it: ${breaker.why}`);
  if (now < breaker.rearmAt) return nothing(`held: ${breaker.why}`);
  const held = describeDuration(Math.max(0, now - breaker.since));
  return { kind: "try-again", why: `held for ${held}: one try` };
}

/** What is down is systemd's to start again, until it gives up. */
function unitDecision(rule: WatchRule, state: ServiceState, now: number): Decision | null {
  const { unit, breaker } = state;
  if (unit.active === "active" || unit.active === "reloading") return null;
  const ended = unit.ended === null ? "" : `: ${unit.ended}`;
  if (unit.active === "failed" || (unit.active === "inactive" && unit.result === "start-limit-hit"))
    return openBreaker(rule, state, now, {
      why: `systemd gave up${ended || ` (${unit.result})`}`,
      stop: false,
    });
  if (unit.active === "unknown") return nothing("systemd could not be asked about its unit");
  const late = now - breaker.since >= proofTime(rule);
  if (breaker.state === "half-open" && unit.active === "inactive" && late)
    return openBreaker(rule, state, now, {
      why: `the try after re-arming did not start it${ended}`,
      stop: false,
    });
  // It may never be active for as long as a loop is fast.
  return crashDecision(rule, state, now) ?? nothing(`its unit is ${unit.active}, which is systemd's to mend`);
}

/** Too many restarts by systemd, however slow the loop; and one is too many while it is on trial. */
function crashDecision(rule: WatchRule, state: ServiceState, now: number): Decision | null {
  const { count, window } = rule.heal.crashes;
  const { breaker } = state;
  const crashes = state.crashes.filter((at) => at > now - window && at <= now + window);
  const fresh = crashes.filter((at) => at > breaker.since).length;
  if (breaker.state === "half-open" && fresh > 0)
    return openBreaker(rule, state, now, { why: "it crashed in the try after re-arming", stop: true });
  // After a reset by hand the ones before are known; only a further one is news.
  if (crashes.length <= count || fresh === 0) return null;
  const why = `systemd restarted it ${crashes.length} times within ${describeDuration(window)}, over ${count}`;
  return openBreaker(rule, state, now, { why, stop: true });
}

function graceDecision(rule: WatchRule, { unit }: ServiceState, now: number): Decision | null {
  const { activeSince } = unit;
  if (activeSince === null || activeSince > now || now - activeSince >= rule.grace) return null;
  return nothing(`started ${describeDuration(now - activeSince)} ago, within its grace`);
}

/** A check that may heal fails, now and in this run. */
function failureDecision(rule: WatchRule, state: ServiceState, now: number): Decision | null {
  const failing = rule.checks
    .filter((check) => check.heals && failsNow(check, state, now))
    .toSorted((a, b) => state.checks[a.id]!.since - state.checks[b.id]!.since);
  const [check] = failing;
  if (check === undefined) return null;
  // What a dependency cannot explain goes first, so that its outage does not hide it.
  const own = failing.find((one) => !canBeBlamed(one));
  const cause = own ?? check;
  return (
    (own ? null : blameDecision(rule, check, state, now)) ??
    lookAgain(cause, state, now) ??
    healDecision(rule, cause, state, now)
  );
}

/** Nothing is stopped by what was seen a while ago: it may have come back since. */
function lookAgain(check: CheckRule, state: ServiceState, now: number): Decision | null {
  const { lastAt, last } = state.checks[check.id]!;
  if (now - lastAt! <= second) return null;
  return { kind: "look-again", checks: [check.id], why: `${check.id} fails: ${last!.says}. Is it still so?` };
}

function healDecision(rule: WatchRule, check: CheckRule, state: ServiceState, now: number): Decision {
  const { last } = state.checks[check.id]!;
  const { act } = rule.heal;
  const why = `${check.id} of ${rule.service} fails: ${last!.says}`;
  if (act === "alert-only") return nothing(`${why}; heal says alert-only`);
  if (state.breaker.state === "half-open")
    return openBreaker(rule, state, now, { why: `${why}, in the try after re-arming`, stop: true });
  const spent = spentHeals(rule, state, now);
  if (spent < rule.heal.limit.count)
    return { kind: "heal", act, cause: causeOf(check.look, last), check: check.id, why };
  return openBreaker(rule, state, now, { why: `${why}; ${describeSpent(rule, spent)}`, stop: true });
}

/** Before anything is done about a stall, what the service depends on is asked; null when it is not their fault. */
function blameDecision(rule: WatchRule, check: CheckRule, state: ServiceState, now: number): Decision | null {
  const asked = dependencyChecks(rule, state, now);
  const since = state.checks[check.id]!.since;
  const age = freshFor + Math.max(0, ...asked.map((one) => one.timeout));
  const old = asked.filter((one) => {
    const at = state.checks[one.id]?.lastAt ?? null;
    return at === null || at > now || at < since || now - at > age;
  });
  const list = (checks: readonly CheckRule[]) => [...new Set(checks.map((one) => one.dependency))].join(", ");
  if (old.length > 0)
    return {
      kind: "look-again",
      checks: asked.map(({ id }) => id),
      why: `${check.id} fails: is it ${list(old)}?`,
    };
  const blame = blameOf(rule, check, state, now);
  if (blame !== null) return nothing(`${check.id} fails, ${describeBlame(blame)}`);
  // No route, no resolver: it is this host that is cut off, and no restart mends that.
  const untold = asked.filter((one) =>
    ["unknown", "skipped"].includes(state.checks[one.id]?.last?.result ?? "unknown"),
  );
  return untold.length === 0
    ? null
    : nothing(`${check.id} fails, and nobody can tell whether ${list(untold)} works`);
}

/** The verdict stands, the latest look of this run has confirmed it, and it is not an old one. */
function failsNow(check: CheckRule, state: ServiceState, now: number): boolean {
  const seen = state.checks[check.id];
  if (seen?.verdict !== "failing" || seen.last?.result !== "fail" || seen.lastAt === null) return false;
  if (notNow(check, state, now) !== null || !isTallied(check, seen.window)) return false;
  const { activeSince } = state.unit;
  if (isOwn(check) && activeSince !== null && activeSince <= now && seen.lastAt < activeSince) return false;
  return isRecent(check, seen.lastAt, now);
}

function isRecent(check: CheckRule, at: number, now: number): boolean {
  return at <= now && now - at <= 3 * check.every + check.timeout;
}

/** Restarted in time, before the limit kills it; when the budget is spent, the limit is what remains. */
function recycleDecision(rule: WatchRule, state: ServiceState, now: number): Decision | null {
  const check = rule.checks.find(({ id, look }) => id === "recycle" && look.kind === "memory");
  if (rule.heal.recycle === null || rule.heal.act === "alert-only" || !check) return null;
  if (!failsNow(check, state, now)) return null;
  const why = `${state.checks[check.id]!.last!.says}: recycled before its limit kills it`;
  const spent = spentHeals(rule, state, now);
  if (spent >= rule.heal.limit.count) return nothing(`${why}, but ${describeSpent(rule, spent)}`);
  return { kind: "heal", act: "recycle", cause: "memory", check: check.id, why };
}

/** Good for long enough: a trial ends, or systemd's counters begin anew. */
function calmDecision(rule: WatchRule, state: ServiceState, now: number): Decision | null {
  const { unit, breaker, crashes } = state;
  const { resetAfter } = rule.heal;
  const health = assess(rule, state, now);
  if (health.active !== true || !["healthy", "degraded"].includes(health.overall)) return null;
  const active = Math.max(unit.activeSince ?? now, crashes.at(-1) ?? 0);
  if (breaker.state === "half-open") {
    const shown = now - Math.max(active, breaker.since) >= proofTime(rule) && health.dependency === null;
    return shown ? { kind: "close-breaker", why: "the try after re-arming went well" } : null;
  }
  if (resetAfter === null || unit.restarts === 0 || now - active < resetAfter) return null;
  const fails = ({ id, severity }: CheckRule) =>
    severity === "error" && state.checks[id]?.verdict === "failing";
  if (rule.checks.some(fails)) return null;
  const since = describeDuration(now - active);
  return {
    kind: "forget-crashes",
    why: `no crash for ${since}: systemd's ${unit.restarts} restarts are forgotten`,
  };
}

/** Heals within the window. One by a clock that was ahead counts, too, unless it lies further off than the window. */
function spentHeals(rule: WatchRule, state: ServiceState, now: number): number {
  const { window } = rule.heal.limit;
  return state.heals.filter(({ at, counts }) => counts && at > now - window && at <= now + window).length;
}

function describeSpent({ heal }: WatchRule, spent: number): string {
  return `${spent} of ${heal.limit.count} heals within ${describeDuration(heal.limit.window)} are spent`;
}

function openBreaker(
  rule: WatchRule,
  state: ServiceState,
  now: number,
  { why, stop }: { why: string; stop: boolean },
): Decision {
  if (rule.heal.act === "alert-only") return nothing(`${why}; heal says alert-only`);
  if (rule.heal.atLimit === "leave") return nothing(`${why}; it is left as it is`);
  return { kind: "open-breaker", why, rearmAt: rearmAt(rule.heal, state.breaker, now), stop };
}
