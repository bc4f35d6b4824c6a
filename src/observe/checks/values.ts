import type { Directive } from "../../compile/artifact.ts";
import { readUnitCgroup } from "../unit-cgroup.ts";
import { listOf, textOf } from "../../host/properties.ts";
import { check, type Check, type CheckInput } from "../check.ts";
import { readLastStop } from "../last-stop.ts";

const restart = ["Restart", "StartLimitIntervalSec", "StartLimitBurst"];
const limits = [
  "MemoryMax",
  "MemoryHigh",
  "MemorySwapMax",
  "CPUQuota",
  "TasksMax",
  "LimitNOFILE",
  "CPUWeight",
  "IOWeight",
  "Nice",
];
const ownLine = new Set([...restart, ...limits, "RestartSec", "KillSignal", "KillMode", "TimeoutStopSec"]);

export async function checkRestart(input: CheckInput): Promise<Check | null> {
  const [on, window, count] = restart.map((key) => valueOf(input, key));
  if (on === "no") return null;
  const promise = `restarts ${on === "always" ? "whenever it ends" : "on failure"}, at most ${count} starts in ${window}`;
  return compared(input, "restart", promise, restart);
}

export async function checkRestartDelay(input: CheckInput): Promise<Check | null> {
  if (valueOf(input, "Restart") === "no") return null;
  return compared(input, "restart-delay", `waits ${valueOf(input, "RestartSec")} before each restart`, [
    "RestartSec",
  ]);
}

/** Limits as systemd has them, and whether the kernel has the means to keep them. */
export async function checkLimits(input: CheckInput): Promise<Check | null> {
  const declared = input.artifact.directives.filter((d) => limits.includes(d.key));
  if (declared.length === 0) return null;
  const promise = `limits: ${declared.map((d) => `${d.key} ${d.value}`).join(", ")}`;
  const line = compared(input, "limits", promise, limits);
  if (line.result !== "ok") return line;
  const cgroup = await readUnitCgroup(input.host, textOf(input.properties, "ControlGroup"));
  const lacking = declared.filter((d) => !cgroup.canEnforce(d.key)).map((d) => d.key);
  if (lacking.length > 0) {
    return check(
      input,
      "limits",
      promise,
      "warning",
      `${lacking.join(", ")} cannot be enforced: this host runs cgroup v1`,
      "boot with the unified hierarchy (systemd.unified_cgroup_hierarchy=1)",
    );
  }
  return line;
}

export async function checkStop(input: CheckInput): Promise<Check | null> {
  const keys = ["KillSignal", "KillMode", "TimeoutStopSec"];
  const promise = `stops with ${valueOf(input, "KillSignal")} and has ${valueOf(input, "TimeoutStopSec")} for it`;
  const line = compared(input, "stop", promise, keys);
  if (line.result !== "ok") return line;
  const last = await readLastStop(input.host, input.desired, input.service);
  if (last === null) return line;
  if (last.timedOut)
    return check(
      input,
      "stop",
      promise,
      "warning",
      `the last stop ran into the time-out and ended with SIGKILL (${last.at})`,
      "see what it waited for: holdfast logs; or raise stop.timeout",
    );
  return { ...line, found: `${line.found}; the last stop took ${last.took}` };
}

/** All the directives that have no line of their own. */
export async function checkRest(input: CheckInput): Promise<Check | null> {
  const keys = [...new Set(input.artifact.directives.map((d) => d.key))].filter((key) => !ownLine.has(key));
  return compared(input, "as-applied", "everything else is in force as it was applied", keys);
}

function compared(input: CheckInput, id: string, promise: string, keys: readonly string[]): Check {
  const wrong = input.mismatches.filter((mismatch) => keys.includes(mismatch.key));
  if (wrong.length === 0) return check(input, id, promise, "ok", "in force");
  const dropIns = listOf(input.properties, "DropInPaths");
  const found = wrong.map(({ key, found: is, meant }) => `${key}= is ${is}, not ${meant}`).join("; ");
  const fix =
    dropIns.length > 0
      ? `remove ${dropIns.join(", ")}, or write the value into holdfast.yaml`
      : "holdfast apply";
  return check(input, id, promise, "failed", found, fix);
}

function valueOf({ artifact }: CheckInput, key: string): string {
  return artifact.directives.findLast((d: Directive) => d.key === key)?.value ?? "";
}
