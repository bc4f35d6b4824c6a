import { statusOf, type AskedCheck, type HealthStatus } from "../observe/ask-health.ts";
import type { ServiceHealth } from "../heal/service-state.ts";
import type { Style } from "../report/style.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { describeDuration } from "../value/duration.ts";
import { heldAgainst } from "./describe-limit.ts";
import type { FoundHealth } from "./found-health.ts";

/** The verdict first, then each service with what is wrong before what is well: one line a check. */
export function describeHealth(
  status: HealthStatus,
  found: readonly FoundHealth[],
  style: Style,
  now: number,
): string {
  const count = (kind: "issues" | "warnings", one: string) => {
    const number = found.reduce((sum, { health }) => sum + health[kind].length, 0);
    return `${number} ${one}${number === 1 ? "" : "s"}`;
  };
  const checks = found.reduce((sum, one) => sum + one.checks.length, 0);
  const head = `${markOf(status, style)} ${style.strong(status)}: ${count("issues", "issue")}, ${count("warnings", "warning")} in ${checks} checks`;
  return [head, ...found.flatMap((one) => describeService(one, style, now))].join("\n");
}

function describeService(one: FoundHealth, style: Style, now: number): string[] {
  const { app, service, health, checks } = one;
  const width = Math.max(8, ...checks.map(({ id }) => id.length));
  const lines = [
    `${markOf(statusOf(health.overall), style)} ${style.strong(`${app}/${service}`)}  ${describeOverall(health)}`,
    ...checks
      .toSorted((a, b) => rankOf(a) - rankOf(b))
      .map((check) => `  ${checkMark(check, style)} ${check.id.padEnd(width)}  ${describeCheck(check, now)}`),
    ...circumstances(one, checks, style, now).map(([name, text]) => `    ${name.padEnd(width)}  ${text}`),
  ];
  return lines;
}

/** "unhealthy: active, ready, not progressing" */
export function describeOverall({ overall, active, ready, progressing, dependency }: ServiceHealth): string {
  const facts = Object.entries({ active, ready, progressing }).flatMap(([name, value]) =>
    value === null ? [] : [value ? name : `not ${name}`],
  );
  const because = dependency === null ? "" : ` by its dependency ${dependency}`;
  const word =
    overall === "stopped" ? "stopped on purpose" : overall === "held" ? "held by its breaker" : overall;
  return `${word}${because}${active === false ? "" : `: ${facts.join(", ")}`}`;
}

function describeCheck(check: AskedCheck, now: number): string {
  const { reading, state, rule } = check;
  const { result, says } = reading;
  const span = describeDuration(Math.max(0, now - state.since));
  const failing = state.verdict === "failing";
  const parts = [
    result === "skipped" ? `not looked at: ${says}` : result === "unknown" ? `not known: ${says}` : says,
    heldAgainst(check),
    failing && now - state.since >= 1000
      ? `; failing for ${span}${result === "ok" ? ", now good again" : ""}`
      : "",
    rule.dependency === null ? "" : ` [dependency ${rule.dependency}]`,
  ];
  return parts.join("");
}

function circumstances(
  { health, breaker, stoppedBy, heals, watching }: FoundHealth,
  checks: readonly AskedCheck[],
  style: Style,
  now: number,
): [string, string][] {
  const asked = new Set(checks.map(({ id }) => id));
  const others = [...health.issues, ...health.warnings].filter(
    ({ check, says }) => !asked.has(check) || (check === "unit" && !isSaid(checks, says)),
  );
  const { used, limit, window, last } = heals;
  const lines: [string, string][] = others.map(({ says }) => ["unit", style.warn(says)]);
  if (stoppedBy !== null) lines.push(["stopped", stoppedBy]);
  if (breaker.state !== "closed") lines.push(["breaker", style.bad(describeBreaker(breaker, now))]);
  if (used > 0 || last !== null)
    lines.push([
      "heals",
      `${describeBudget(used, limit, window)}${last === null ? "" : `; ${describeLastHeal(last, now)}`}`,
    ]);
  lines.push([
    "watched",
    (watching.alive || watching.level === "systemd" ? style.dim : style.bad)(watching.says),
  ]);
  return lines;
}

function isSaid(checks: readonly AskedCheck[], says: string): boolean {
  const unit = checks.find(({ id }) => id === "unit");
  return unit !== undefined && (unit.reading.result === "fail" || says.includes(unit.reading.says));
}

/** "open for 5 min: ...; one start is tried in 55 min" */
export function describeBreaker({ state, since, why, rearmAt }: FoundHealth["breaker"], now: number): string {
  const span = since > 0 ? ` for ${describeDuration(Math.max(0, now - since))}` : "";
  if (state === "half-open") return `half-open${span}: one start is on trial; it was open because ${why}`;
  const next =
    rearmAt === null
      ? "until somebody resets it: holdfast reset --reason TEXT"
      : rearmAt > now
        ? `one start is tried in ${describeDuration(rearmAt - now)}`
        : "one start is about to be tried";
  return `open${span}: ${why ?? "no reason is known"}; ${next}`;
}

/** "2 of 3 heals used within 1 h" */
export function describeBudget(used: number, limit: number, window: number): string {
  return `${used} of ${limit} heals used within ${describeDuration(window)}`;
}

/** "the last one 5 min ago, for heartbeat, helped" */
export function describeLastHeal({ at, cause, outcome }: HealRow, now: number): string {
  const how = {
    helped: "helped",
    "did-not-help": "did not help",
    failed: "failed",
    superseded: "was left undone",
  };
  return `the last one ${describeDuration(Math.max(0, now - at))} ago, for ${cause}, ${outcome === null ? "is under way" : how[outcome]}`;
}

function markOf(status: HealthStatus, style: Style): string {
  return { healthy: style.good("●"), degraded: style.warn("!"), unhealthy: style.bad("✗") }[status];
}

function checkMark({ reading, state, rule }: AskedCheck, style: Style): string {
  if (state.verdict === "failing" || reading.result === "fail")
    return rule.severity === "error" && rule.dependency === null ? style.bad("✗") : style.warn("!");
  return { ok: style.good("✓"), unknown: style.warn("?"), skipped: style.dim("-") }[reading.result];
}

function rankOf({ reading, state, rule }: AskedCheck): number {
  const bad = state.verdict === "failing" || reading.result === "fail";
  if (bad) return rule.severity === "error" ? 0 : 1;
  return { fail: 1, unknown: 2, ok: 3, skipped: 4 }[reading.result];
}
