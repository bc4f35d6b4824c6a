import type { Diagnostic } from "../report/diagnostic.ts";
import { mayHeal, type DeclaredCheck } from "./declared-checks.ts";
import type { Share } from "./health-values.ts";
import type { Spec } from "./spec.ts";
import type { ServiceSpec } from "./service-schema.ts";

/** Checks memory that is too much against the memory there is: in checks, and where heal.recycle comes before the limit. */
export function checkMemory(
  spec: Spec,
  name: string,
  service: ServiceSpec,
  checks: readonly DeclaredCheck[],
): Diagnostic[] {
  return [
    ...checks.flatMap(({ id, check, path }): Diagnostic[] => {
      const most = check.memory?.["at-most"];
      const whose = `check "${id}" of service "${name}"`;
      return most && "share" in most ? ofTheHost(spec, name, service, [...path, "at-most"], whose) : [];
    }),
    ...checkRecycle(spec, name, service, checks),
  ];
}

/** A percentage means the service's own limit; without one, that of everything else on the machine, too. */
function ofTheHost(
  spec: Spec,
  name: string,
  service: ServiceSpec,
  path: readonly (string | number)[],
  whose: string,
): Diagnostic[] {
  const limit = service.limits?.memory;
  if (limit !== undefined && limit !== Infinity) return [];
  return [
    {
      severity: "warning",
      code: "spec/share-of-the-host",
      summary: `${whose} means a part of the host's whole memory, because service "${name}" has no limits.memory`,
      at: spec.placeOf(["services", name, ...path]),
      fix: "set limits.memory, or write a size such as 800M",
    },
  ];
}

function checkRecycle(
  spec: Spec,
  name: string,
  service: ServiceSpec,
  checks: readonly DeclaredCheck[],
): Diagnostic[] {
  const recycle = service.heal?.recycle;
  if (recycle === undefined) return [];
  const path = ["heal", "recycle"];
  const at = spec.placeOf(["services", name, ...path]);
  const memory = service.limits?.memory;
  const limit = memory === undefined || memory === Infinity ? null : memory;
  const part = partOf(recycle, limit);
  if (limit !== null && part >= 1)
    return [
      {
        severity: "error",
        code: "spec/recycle-too-late",
        summary: `Cannot recycle service "${name}" there: its memory limit kills it first`,
        at,
        related: [{ at: spec.placeOf(["services", name, "limits", "memory"]), note: "the limit" }],
        fix: "recycle: 90%",
      },
    ];
  const before = checks.find((one) => {
    const most = one.check.memory?.["at-most"];
    return most !== undefined && mayHeal(one) && partOf(most, limit) <= part;
  });
  const host = "share" in recycle ? ofTheHost(spec, name, service, path, "heal.recycle") : [];
  if (!before) return host;
  return [
    ...host,
    {
      severity: "warning",
      code: "spec/recycle-too-late",
      summary: `service "${name}" is never recycled: check "${before.id}" has it restarted before`,
      at,
      related: [{ at: spec.placeOf(["services", name, ...before.path], "key"), note: "the check" }],
      fix: "recycle below the check's limit, or make the check a warning",
    },
  ];
}

/** Of the limit; of what is unknown, bytes are held against bytes. */
function partOf(share: Share, limit: number | null): number {
  if ("share" in share) return share.share;
  return share.bytes / (limit ?? 2 ** 60);
}
