import type { Artifact } from "../compile/artifact.ts";
import type { Mismatch } from "../compile/effective.ts";
import type { Host, Properties } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Override } from "./overrides.ts";

/** "unknown" is never taken for ok: it says why nothing could be found out. */
export type CheckResult = "ok" | "warning" | "failed" | "unknown";

/** One promise, held against what is in force now. */
export type Check = {
  /** Stable name, such as "restart-delay". */
  id: string;
  service: string;
  promise: string;
  result: CheckResult;
  /** What was found, in words. */
  found: string;
  fix: string | null;
};

/** What a check looks at: the service as applied, and what systemd answers about it. */
export type CheckInput = {
  host: Host;
  desired: Desired;
  service: DesiredService;
  artifact: Artifact;
  properties: Properties;
  /** Directives whose effective value is not the one that was applied. */
  mismatches: readonly Mismatch[];
  /** Directives whose effective value cannot be read, and that a drop-in sets too. */
  overrides: readonly Override[];
};

/** A check with the service filled in. */
export function check(
  { service }: { service: { name: string } },
  id: string,
  promise: string,
  result: CheckResult,
  found: string,
  fix: string | null = null,
): Check {
  return { id, service: service.name, promise, result, found, fix };
}
