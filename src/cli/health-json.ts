import { healthGroups, statusOf, type HealthStatus } from "../observe/ask-health.ts";
import type { FoundHealth } from "./found-health.ts";

/** The answer for programs; its keys are those of the scripts that people had before. */
export function healthForJson(status: HealthStatus, found: readonly FoundHealth[]): object {
  const performed = found.flatMap(({ app, service, checks }) =>
    checks.map(({ id, group, rule, reading, state }) => ({
      name: id,
      app,
      service,
      kind: rule.look.kind,
      group,
      severity: rule.severity,
      result: reading.result,
      verdict: state.verdict,
      since: iso(state.since),
      value: reading.value,
      limit: reading.limit,
      says: reading.says,
      ms: reading.took ?? null,
    })),
  );
  const findings = (kind: "issues" | "warnings") =>
    found.flatMap(({ app, service, health }) =>
      health[kind].map((finding) => ({ app, service, ...finding, since: iso(finding.since) })),
    );
  const [issues, warnings] = [findings("issues"), findings("warnings")];
  return {
    status,
    issues_found: issues.length,
    warnings_found: warnings.length,
    issues,
    warnings,
    checks_performed: performed,
    groups: Object.fromEntries(
      healthGroups.map((group) => [group, groupForJson(performed.filter((check) => check.group === group))]),
    ),
    services: found.map(serviceForJson),
  };
}

/** The worst of a group; "none" when nothing is declared that belongs to it. */
function groupForJson(checks: readonly { result: string; ms: number | null }[]): object {
  const worst = ["fail", "unknown", "ok", "skipped"].find((result) =>
    checks.some((check) => check.result === result),
  );
  return {
    result: worst ?? "none",
    checks: checks.length,
    ms: Math.max(0, ...checks.map(({ ms }) => ms ?? 0)),
  };
}

function serviceForJson({
  app,
  service,
  unitName,
  unit,
  health,
  watching,
  breaker,
  stoppedBy,
  heals,
}: FoundHealth) {
  const { issues: _, warnings: __, ...facts } = health;
  return {
    app,
    service,
    unit: unitName,
    status: statusOf(health.overall),
    ...facts,
    state: `${unit.active}/${unit.sub}`,
    pid: unit.pid,
    stopped_by: stoppedBy,
    breaker: { state: breaker.state, why: breaker.why, rearm_at: breaker.rearmAt && iso(breaker.rearmAt) },
    heals: { used: heals.used, limit: heals.limit, window_ms: heals.window },
    watched_by: watching.level,
    watcher_alive: watching.alive,
    watcher_last: watching.lastAt && iso(watching.lastAt),
  };
}

function iso(millis: number): string {
  return new Date(millis).toISOString();
}
