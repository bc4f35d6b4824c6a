import type { Directive } from "../../compile/artifact.ts";
import { check, type Check, type CheckInput } from "../check.ts";
import { readLastStop } from "../last-stop.ts";
import { compared, fixFor, listDifferences } from "./compared.ts";
import { limitKeys } from "./limits.ts";
import { sandboxKeys } from "./sandbox.ts";

const restartKeys = ["Restart", "StartLimitIntervalSec", "StartLimitBurst"];
const stopKeys = ["KillSignal", "KillMode", "TimeoutStopSec"];
const ownLine = new Set([...restartKeys, ...limitKeys, ...stopKeys, ...sandboxKeys, "RestartSec"]);

/** The others are all of a failure in some way. */
const restartWords: Readonly<Record<string, string>> = {
  always: "whenever it ends",
  "on-success": "when it ends well",
};

export async function checkRestart(input: CheckInput): Promise<Check | null> {
  if (input.service.job) return null;
  const [on, window, count] = restartKeys.map((key) => valueOf(input, key));
  // Not written, with defaults: systemd, is as no.
  if (on === "no" || on === "") return null;
  const limit = count === "" ? "within systemd's own limit" : `at most ${count} starts in ${window}`;
  const promise = `restarts ${restartWords[on!] ?? "on failure"}, ${limit}`;
  return compared(input, "restart", promise, (key) => restartKeys.includes(key));
}

export async function checkRestartDelay(input: CheckInput): Promise<Check | null> {
  if (input.service.job) return null;
  if (["no", ""].includes(valueOf(input, "Restart")) || valueOf(input, "RestartSec") === "") return null;
  const promise = `waits ${valueOf(input, "RestartSec")} before each restart`;
  return compared(input, "restart-delay", promise, (key) => key === "RestartSec");
}

export async function checkStop(input: CheckInput): Promise<Check | null> {
  const signal = valueOf(input, "KillSignal") || "SIGTERM";
  const promise = `stops with ${signal} and has ${valueOf(input, "TimeoutStopSec") || "systemd's own time"} for it`;
  const line = compared(input, "stop", promise, (key) => stopKeys.includes(key));
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

/** All the directives that have no line of their own, and the unit file itself. */
export async function checkAsApplied(input: CheckInput): Promise<Check | null> {
  const { artifact, host, properties } = input;
  const promise = "everything else is in force as it was applied";
  const text = await host.files.read(artifact.path);
  const found = [
    ...(text === null ? [`${artifact.path} is gone`] : []),
    ...(text !== null && text !== artifact.text ? [`${artifact.path} was changed by hand`] : []),
    ...(properties["NeedDaemonReload"] === true ? ["systemd has not read the files as they are now"] : []),
    ...listDifferences(input, (key) => !ownLine.has(key)),
  ];
  if (found.length === 0) return check(input, "as-applied", promise, "ok", "in force");
  const fix = text === artifact.text ? fixFor(input) : "holdfast apply";
  return check(input, "as-applied", promise, "failed", found.join("; "), fix);
}

function valueOf({ artifact }: CheckInput, key: string): string {
  return artifact.directives.findLast((d: Directive) => d.key === key)?.value ?? "";
}
