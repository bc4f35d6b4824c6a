import type { Diagnostic } from "../report/diagnostic.ts";
import { describeDuration, formatDuration } from "../value/duration.ts";
import { checkDrill } from "./check-drill.ts";
import { checkHealth } from "./check-health.ts";
import { checkJobs } from "./check-jobs.ts";
import { checkNotify } from "./check-notify.ts";
import { checkOrder } from "./check-order.ts";
import { checkProbation } from "./check-probation.ts";
import { checkWritten } from "./check-written.ts";
import { checkUpstreams } from "./check-upstreams.ts";
import { startLimit } from "./defaults.ts";
import type { Spec } from "./spec.ts";
import type { ServiceSpec } from "./service-schema.ts";

export { startsAfter } from "./check-order.ts";

/** Checks what no single value shows: values against each other, and names against names. */
export function checkSpec(spec: Spec, now: number | null = null): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const [name, service] of Object.entries(spec.services)) {
    found.push(...checkRestart(spec, name, service), ...checkReadiness(spec, name, service));
  }
  found.push(
    ...checkContent(spec),
    ...(["services", "jobs"] as const).flatMap((kind) =>
      Object.keys(spec[kind]).flatMap((name) => checkLimits(spec, kind, name)),
    ),
    ...checkOrder(spec),
    ...checkProbation(spec),
    ...checkDrill(spec),
    ...checkPorts(spec),
    ...checkIdentity(spec),
    ...checkJobs(spec, now),
    ...checkHealth(spec),
    ...checkNotify(spec),
    ...checkUpstreams(spec),
    ...checkWritten(spec),
  );
  return found;
}

function checkContent(spec: Spec): Diagnostic[] {
  const jobs = Object.keys(spec.jobs);
  const both = jobs.filter((name) => Object.hasOwn(spec.services, name));
  const found = both.map((name): Diagnostic => ({
    severity: "error",
    code: "spec/name-taken",
    summary: `Cannot use the name "${name}" for a job: a service has it, and both would be the same unit`,
    at: spec.placeOf(["jobs", name], "key"),
    related: [{ at: spec.placeOf(["services", name], "key"), note: "the service" }],
    fix: "rename one of the two",
  }));
  if (jobs.length > 0 || Object.keys(spec.services).length > 0) return found;
  return [
    {
      severity: "error",
      code: "spec/no-service",
      summary: "Cannot do anything with this spec: it has neither services nor jobs",
      at: spec.placeOf([]),
      fix: "add services: (see: holdfast explain services)",
    },
  ];
}

function checkRestart(spec: Spec, name: string, service: ServiceSpec): Diagnostic[] {
  const { delay, limit, maxDelay, written } = startLimit(service);
  const slowest = limit.count * Math.max(delay, maxDelay ?? 0);
  if (!written || limit.window > slowest) return [];
  return [
    {
      severity: "error",
      code: "spec/limit-never-reached",
      summary: `Cannot give up after ${limit.count} starts within ${describeDuration(limit.window)} for service "${name}": with ${describeDuration(delay)} between them that many never fit`,
      at: spec.placeOf(["services", name, "restart", "limit"]),
      detail: "a service that cannot start would be restarted for ever, and nobody would be told",
      fix: `limit: ${limit.count} per ${formatDuration((Math.ceil((slowest * 2) / 60_000) * 60_000) as typeof delay)}`,
    },
  ];
}

function checkReadiness(spec: Spec, name: string, service: ServiceSpec): Diagnostic[] {
  const found: Diagnostic[] = [];
  const ways = (["notify", "http", "tcp", "command"] as const).filter(
    (way) => service.ready?.[way] !== undefined && service.ready[way] !== false,
  );
  if (ways.length > 1) {
    found.push({
      severity: "error",
      code: "spec/two-ready-checks",
      summary: `Cannot use ${ways.join(" and ")} together as the ready check of service "${name}"`,
      at: spec.placeOf(["services", name, "ready"]),
      fix: `keep ${ways[0]}`,
    });
  }
  if (service.reload?.signal !== undefined && service.reload.command !== undefined) {
    found.push({
      severity: "error",
      code: "spec/two-reloads",
      summary: `Cannot reload service "${name}" both by a signal and by a command`,
      at: spec.placeOf(["services", name, "reload"]),
      fix: "keep one of the two",
    });
  }
  return found;
}

function checkLimits(spec: Spec, kind: "services" | "jobs", name: string): Diagnostic[] {
  const { memory, "memory-high": high } = spec[kind][name]!.limits ?? {};
  if (memory === undefined || high === undefined || high < memory || high === Infinity) return [];
  return [
    {
      severity: "error",
      code: "spec/soft-limit-too-high",
      summary: `Cannot use a soft memory limit that is not below the hard one for ${kind === "jobs" ? "job" : "service"} "${name}"`,
      at: spec.placeOf([kind, name, "limits", "memory-high"]),
      detail: "the kernel would kill the service before it slows it down",
      related: [{ at: spec.placeOf([kind, name, "limits", "memory"]), note: "the hard limit" }],
      fix: "set memory-high to about three quarters of memory",
    },
  ];
}

function checkPorts(spec: Spec): Diagnostic[] {
  const owners = new Map<number, { name: string; index: number }>();
  const found: Diagnostic[] = [];
  for (const [name, service] of Object.entries(spec.services)) {
    for (const [index, port] of (service.ports ?? []).entries()) {
      const owner = owners.get(port);
      if (owner) {
        found.push({
          severity: "error",
          code: "spec/port-taken",
          summary:
            owner.name === name
              ? `Cannot use port ${port} twice for service "${name}"`
              : `Cannot use port ${port} for service "${name}": service "${owner.name}" has it`,
          at: spec.placeOf(["services", name, "ports", index]),
          related: [{ at: spec.placeOf(["services", owner.name, "ports", owner.index]), note: "taken here" }],
          fix: owner.name === name ? "remove one of the two" : "give one of them another port",
        });
      } else owners.set(port, { name, index });
    }
  }
  return found;
}

function checkIdentity(spec: Spec): Diagnostic[] {
  if (spec.user !== "root" || spec["allow-root"] !== undefined) return [];
  return [
    {
      severity: "error",
      code: "spec/root-refused",
      summary: "Cannot run services as root without a reason",
      at: spec.placeOf(["user"]),
      detail: "a program that is taken over would own the machine",
      fix: `user: ${spec.app}`,
    },
  ];
}
