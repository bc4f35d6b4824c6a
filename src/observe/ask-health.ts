import type { CheckRule, LookKind, WatchFile, WatchRule } from "../compile/watch-rule.ts";
import { assess } from "../heal/assess.ts";
import { newCheckState, type CheckState } from "../heal/check-state.ts";
import type { Reading } from "../heal/reading.ts";
import type { Finding, ServiceHealth, ServiceState, UnitFacts } from "../heal/service-state.ts";
import { askedOnce, takeReading } from "../heal/step.ts";
import type { Host } from "../host/host.ts";
import { readUnitFacts } from "./probes/read-unit-facts.ts";
import { runChecks } from "./probes/run-checks.ts";

/** What a check is about, in four words that every report has. */
export type HealthGroup = "service_status" | "process_health" | "resource_usage" | "network_connectivity";

export const healthGroups: readonly HealthGroup[] = [
  "service_status",
  "process_health",
  "resource_usage",
  "network_connectivity",
];

/** One check, asked now. */
export type AskedCheck = {
  id: string;
  group: HealthGroup;
  rule: CheckRule;
  reading: Reading;
  /** What is remembered of it, with this reading taken in. */
  state: CheckState;
};

export type AskedHealth = { unit: UnitFacts; health: ServiceHealth; checks: readonly AskedCheck[] };

/** What is known of a service before anything is asked. `watched`: somebody keeps its check states up to date. */
export type Remembered = Omit<ServiceState, "unit"> & { watched: boolean };

export type AskOptions = {
  checks: readonly CheckRule[];
  /** The most that one check may take, in milliseconds. */
  within?: number;
  signal?: AbortSignal;
};

/**
 * Makes checks of a service once, now, and says what follows. It changes nothing and keeps nothing. Where somebody watches,
 * the readings are judged with what he remembers, by the same rules; where nobody does, what is bad now is bad.
 */
export async function askHealth(
  host: Host,
  watch: WatchFile,
  service: WatchRule,
  remembered: Remembered,
  { checks, within = Infinity, signal }: AskOptions,
): Promise<AskedHealth> {
  const bounded = checks.map((check) => ({ ...check, timeout: Math.min(check.timeout, within) }));
  const chosen: WatchRule = { ...service, checks: bounded };
  const rule = remembered.watched ? chosen : askedOnce(chosen);
  const unit = await readUnitFacts(host, service.unit);
  const kept = remembered.checks;
  const readings = await runChecks({
    host,
    watch,
    service: rule,
    unit,
    checks: rule.checks,
    kept: (id) => kept[id]?.kept ?? null,
    ...(signal === undefined ? {} : { signal }),
  });
  const now = Date.now();
  let state: ServiceState = { ...remembered, unit, checks: remembered.watched ? kept : {} };
  for (const [id, reading] of readings)
    ({ state } = takeReading(
      rule,
      state,
      id,
      withoutHaste(
        reading,
        checks.find((check) => check.id === id)!,
        within,
      ),
      now,
    ));
  const asked = rule.checks.map((one): AskedCheck => {
    const after = state.checks[one.id] ?? newCheckState(now);
    return { id: one.id, group: groupOf[one.look.kind], rule: one, reading: after.last!, state: after };
  });
  return { unit, health: withFailures(assess(rule, state, now), asked, now), checks: asked };
}

/** Whoever is in a hurry has not shown that an answer, which may take longer, does not come. */
function withoutHaste(reading: Reading, { timeout }: CheckRule, within: number): Reading {
  const cut = timeout > within && (reading.took ?? 0) >= 0.95 * within;
  if (!cut || reading.result !== "fail") return reading;
  return { ...reading, result: "unknown", says: `there was no time to wait for more: ${reading.says}` };
}

/** What fails now although it is no failure yet is worth knowing to whoever asks. */
function withFailures(health: ServiceHealth, asked: readonly AskedCheck[], now: number): ServiceHealth {
  const found = asked.flatMap(({ id, rule, reading, state }): Finding[] => {
    if (reading.result !== "fail" || state.verdict === "failing" || rule.look.kind === "unit") return [];
    const bad = state.window.filter((result) => result === "fail").length;
    const rest = `${bad} of the ${rule.fails.count} bad results that make a failure`;
    return [{ check: id, says: `${reading.says} (${rest})`, since: now }];
  });
  if (found.length === 0) return health;
  const better = health.overall === "healthy" || (health.overall === "unknown" && health.active === true);
  const overall = better ? "degraded" : health.overall;
  return { ...health, overall, warnings: [...health.warnings, ...found] };
}

const groupOf: Readonly<Record<LookKind, HealthGroup>> = {
  unit: "service_status",
  log: "process_health",
  file: "process_health",
  beat: "process_health",
  exec: "process_health",
  http: "network_connectivity",
  tcp: "network_connectivity",
  tls: "network_connectivity",
  dns: "network_connectivity",
  rpc: "network_connectivity",
  sockets: "network_connectivity",
  memory: "resource_usage",
  cpu: "resource_usage",
  disk: "resource_usage",
  sqlite: "resource_usage",
  clock: "resource_usage",
};

export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** Three states for programs. What somebody stopped, what starts, and what nobody can tell is neither good nor a fault. */
export function statusOf(overall: ServiceHealth["overall"]): HealthStatus {
  if (overall === "healthy") return "healthy";
  return overall === "unhealthy" || overall === "held" ? "unhealthy" : "degraded";
}

/** The worst of them. */
export function worstOf(all: readonly HealthStatus[]): HealthStatus {
  return all.includes("unhealthy") ? "unhealthy" : all.includes("degraded") ? "degraded" : "healthy";
}
