import { notifyPath } from "../../compile/names.ts";
import type { Host } from "../../host/host.ts";
import { textOf } from "../../host/properties.ts";
import type { Incident, TargetState } from "../../tell/incident.ts";
import { describeDuration } from "../../value/duration.ts";
import { printable } from "../../value/printable.ts";
import type { Check, CheckResult } from "../check.ts";

const day = 86_400_000;
/** A path is tried at least once a week. */
const oldestProof = 8 * day;
const reviewedWithin = 30 * day;

export type Notifying = {
  app: string;
  /** Targets that somebody is told by, with how they have been doing. */
  targets: readonly TargetState[];
  tests: boolean;
  /** Of the last weeks. */
  incidents: readonly Incident[];
  now: number;
};

/** The promises of telling people: that each channel is known to work, that something would start the notifier, and that what happened was gone through. */
export async function checkNotify(host: Host, input: Notifying): Promise<Check[]> {
  return [
    ...input.targets.map((target) => checkTarget(input, target)),
    await checkPath(host, input),
    ...checkReviews(input),
  ];
}

function made(
  { app }: Notifying,
  id: string,
  promise: string,
  result: CheckResult,
  found: string,
  fix: string | null = null,
): Check {
  return { id, service: app, promise, result, found, fix };
}

function checkTarget(input: Notifying, state: TargetState): Check {
  const { target, brokenWhy, failingSince, lastError, lastSuccess } = state;
  const promise = `people can be told by ${target}`;
  const fix = `mend the channel, then: holdfast notify test ${target.split("/")[0]}`;
  if (brokenWhy !== null) return made(input, "channel", promise, "failed", printable(brokenWhy), fix);
  if (failingSince !== null) {
    const since = describeDuration(Math.max(1, input.now - failingSince));
    return made(input, "channel", promise, "failed", printable(`fails for ${since}: ${lastError}`), fix);
  }
  if (lastSuccess === null)
    return made(input, "channel", promise, "unknown", "nothing was ever sent by it", "holdfast notify test");
  const ago = describeDuration(Math.max(1, input.now - lastSuccess));
  const old = input.now - lastSuccess > oldestProof && input.tests;
  return made(
    input,
    "channel",
    promise,
    old ? "warning" : "ok",
    `delivered ${ago} ago`,
    old ? "holdfast notify test" : null,
  );
}

async function checkPath(host: Host, input: Notifying): Promise<Check> {
  const unit = notifyPath(input.app);
  const promise = "what is to be told starts the notifier, also after a boot";
  const properties = await host.systemd.properties(unit, ["ActiveState", "UnitFileState"]);
  const [active, enabled] = ["ActiveState", "UnitFileState"].map((name) => textOf(properties, name));
  if (active !== "active")
    return made(
      input,
      "notifier",
      promise,
      "failed",
      `${unit} is ${active || "not there"}`,
      `systemctl start ${unit}`,
    );
  if (enabled !== "enabled")
    return made(
      input,
      "notifier",
      promise,
      "failed",
      `${unit} is ${enabled || "not enabled"}`,
      `systemctl enable ${unit}`,
    );
  return made(input, "notifier", promise, "ok", "in force");
}

function checkReviews(input: Notifying): Check[] {
  const due = input.incidents.filter(
    ({ state, reviewed, severity, opened }) =>
      state === "resolved" &&
      reviewed === null &&
      (severity === "critical" || severity === "error") &&
      input.now - opened < reviewedWithin,
  );
  const promise = "what went wrong in the last month was gone through";
  if (due.length === 0) return [made(input, "reviews", promise, "ok", "no review is open")];
  const names = due.slice(0, 3).map(({ name }) => name);
  const more = due.length > 3 ? ` and ${due.length - 3} more` : "";
  return [
    made(
      input,
      "reviews",
      promise,
      "warning",
      `not reviewed: ${names.join(", ")}${more}`,
      `holdfast incident review ${names[0]}`,
    ),
  ];
}
