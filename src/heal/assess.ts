import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { blameOf, type Blame } from "./blame.ts";
import { isOwn, showsProgress, showsReadiness } from "./look-facts.ts";
import { judgeAt, notNow } from "./not-now.ts";
import type { Finding, ServiceHealth, ServiceState } from "./service-state.ts";
import { settlingOf } from "./settling.ts";
import { longestGap } from "./steady.ts";

const minute = 60_000;

/**
 * How a check stands now. recovering: it has failed and is good again, not yet for long enough to be over. off: not to be
 * looked at. starting: nothing shown yet, and it need not be. waiting: nothing shown, though it should be. A verdict that is
 * too old is none.
 */
type Standing = "ok" | "recovering" | "failing" | "unknown" | "starting" | "waiting" | "off";

/**
 * What is to be said of a service now: that it is active, ready and progressing are three facts. What nobody could tell is
 * never healthy, and what a failing dependency explains is never its own fault.
 */
export function assess(rule: WatchRule, state: ServiceState, now: number): ServiceHealth {
  const { unit, circumstances, breaker } = state;
  const standings = new Map(rule.checks.map((check) => [check, standingOf(rule, check, state, now)]));
  const active = isActive(state);
  const facts = {
    active,
    ready: active !== true ? active : readiness(standings),
    progressing: active === false ? false : factOf(standings, showsProgress),
  };
  const findings = findingsOf(rule, state, standings, now);
  const health = { ...facts, ...findings };
  const because = (overall: ServiceHealth["overall"]): ServiceHealth => ({ overall, ...health });
  if (breaker.state === "open") return because("held");
  if (circumstances.stoppedBy !== null && active === false) return because("stopped");
  if (active === null) return because("unknown");
  if (!active) {
    if (unit.active === "activating" && !unit.sub.startsWith("auto-restart")) return because("starting");
    if (unit.active === "deactivating" || isBeingHealed(state)) return because("unknown");
    const says = `its unit is ${unit.active}${unit.ended ? `: ${unit.ended}` : ""}`;
    const own: Finding = { check: "unit", says, since: state.checks["unit"]?.since ?? now };
    return { ...because("unhealthy"), issues: [own, ...findings.issues] };
  }
  const warnings = [...findings.warnings, ...circumstantial(state, now)];
  const all = { ...health, warnings };
  if (findings.issues.length > 0) return { ...all, overall: "unhealthy" };
  const standing = (wanted: Standing) =>
    [...standings].some(([check, one]) => one === wanted && isOwn(check) && check.severity === "error");
  if (standing("unknown") || standing("waiting")) return { ...all, overall: "unknown" };
  if (standing("starting")) return { ...all, overall: "starting" };
  if (warnings.length > 0) return { ...all, overall: "degraded" };
  return { ...all, overall: isUntold(standings) ? "unknown" : "healthy" };
}

function isActive({ unit }: ServiceState): boolean | null {
  return unit.active === "unknown" ? null : unit.active === "active" || unit.active === "reloading";
}

function isBeingHealed({ heals }: ServiceState): boolean {
  return heals.some(({ outcome }) => outcome === "open");
}

function standingOf(rule: WatchRule, check: CheckRule, service: ServiceState, now: number): Standing {
  const skipped = notNow(check, service, now);
  if (skipped) return skipped.result === "unknown" ? "unknown" : "off";
  const state = service.checks[check.id];
  const at = judgeAt(rule, check, service, now);
  const none = settlingOf(check, { steadySince: state?.steadySince ?? null }, at) ? "starting" : "waiting";
  if (state === undefined || state.lastAt === null) return none;
  if (state.verdict === "unknown") return "unknown";
  const { activeSince } = at;
  // Of a run before this one, or from long ago.
  const old = isOwn(check) && activeSince !== null && state.lastAt < activeSince;
  const stale = now - state.lastAt > longestGap(check, state);
  if (state.verdict === "failing")
    return state.last?.result === "ok" && !old && !stale ? "recovering" : "failing";
  return state.verdict === "pending" || old || stale || !state.window.includes("ok") ? none : "ok";
}

/** With nothing declared that shows it, a unit is ready when systemd calls it active, which it does after its ready gate. */
function readiness(standings: ReadonlyMap<CheckRule, Standing>): boolean | null {
  return [...standings.keys()].some(showsReadiness) ? factOf(standings, showsReadiness) : true;
}

/** false as soon as one fails, true when all are good, null when it is not known or nothing is declared that shows it. */
function factOf(
  standings: ReadonlyMap<CheckRule, Standing>,
  shows: (check: CheckRule) => boolean,
): boolean | null {
  const of = [...standings].flatMap(([check, one]) => (shows(check) && one !== "off" ? [one] : []));
  if (of.includes("failing")) return false;
  return of.length > 0 && of.every((one) => one === "ok" || one === "recovering") ? true : null;
}

/** Issues are what the service is unhealthy by; all else that is wrong is a warning. */
function findingsOf(
  rule: WatchRule,
  service: ServiceState,
  standings: ReadonlyMap<CheckRule, Standing>,
  now: number,
) {
  const issues: Finding[] = [];
  const warnings: Finding[] = [];
  let dependency: string | null = null;
  for (const [check, standing] of standings) {
    // The unit is told by what systemd says now.
    if (check.look.kind === "unit" || !["failing", "recovering", "unknown"].includes(standing)) continue;
    const state = service.checks[check.id];
    const says = state?.last?.says ?? "its hours are not known";
    const finding = { check: check.id, says, since: state?.since ?? 0 };
    if (standing === "recovering") {
      warnings.push({ ...finding, says: `it has failed and is good again, not yet for long: ${says}` });
      continue;
    }
    const failing = standing === "failing";
    const serious = failing && check.severity === "error" && check.dependency === null;
    const blame = serious ? blameOf(rule, check, service, now) : null;
    if (failing) dependency = blame?.dependency ?? dependency ?? check.dependency;
    if (serious && !blame) issues.push(finding);
    else warnings.push(blame ? { ...finding, says: `${says}, ${describeBlame(blame)}` } : finding);
  }
  for (const [check, standing] of standings) {
    const state = service.checks[check.id];
    if (!state?.flapping || standing !== "ok") continue;
    warnings.push({ check: check.id, says: "it comes and goes", since: state.opened.at(-1) ?? state.since });
  }
  return { issues, warnings, dependency };
}

/** "while its dependency broker fails". */
export function describeBlame({ dependency, back }: Blame): string {
  return back
    ? `its dependency ${dependency} has only just come back`
    : `while its dependency ${dependency} fails`;
}

function circumstantial({ breaker, crashes }: ServiceState, now: number): Finding[] {
  const recent = crashes.filter((at) => at > now - 10 * minute && at <= now);
  const crashing = recent.length >= 3;
  return [
    ...(breaker.state === "half-open"
      ? [{ check: "unit", says: `on trial after its breaker was open: ${breaker.why}`, since: breaker.since }]
      : []),
    ...(crashing
      ? [{ check: "unit", says: `systemd restarted it ${recent.length} times in 10 min`, since: recent[0]! }]
      : []),
  ];
}

/** Everything that was declared about the work is silent: then nothing shows that it is healthy, unless it is off hours. */
function isUntold(standings: ReadonlyMap<CheckRule, Standing>): boolean {
  return [...standings].some(
    ([check, one]) =>
      check.severity === "error" && check.look.kind !== "unit" && (one === "waiting" || one === "unknown"),
  );
}
