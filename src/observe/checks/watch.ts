import { missingTargets } from "../../apply/preflight-watch.ts";
import { checkTimer } from "../../compile/names.ts";
import type { WatchRule } from "../../compile/watch-rule.ts";
import type { Breaker } from "../../heal/service-state.ts";
import type { Host } from "../../host/host.ts";
import { textOf } from "../../host/properties.ts";
import type { Desired, DesiredService } from "../../plan/desired.ts";
import { adviceFor } from "../../report/advice.ts";
import type { HealRow } from "../../heal/heal-row.ts";
import { describeDuration } from "../../value/duration.ts";
import { check, type Check } from "../check.ts";

/** What the record says of watching a service. */
export type WatchedService = {
  alive: boolean;
  /** When somebody last looked, in milliseconds. */
  lastAt: number | null;
  says: string;
  breaker: Breaker;
  /** Of the last week. */
  heals: readonly HealRow[];
};

type Input = {
  host: Host;
  desired: Desired;
  service: DesiredService;
  rule: WatchRule;
  watched: WatchedService;
};

/** The promises of watching a service: that somebody looks, by the rules of the spec, at what is there. */
export async function checkWatch(input: Input): Promise<Check[]> {
  const { host, desired } = input;
  const level = desired.watch.supervision;
  const found = [
    await checkPaths(input),
    ...(level === "systemd"
      ? []
      : [await checkRules(input), await checkWatcher(input), checkBreaker(input), await checkHeals(input)]),
  ];
  return found
    .filter((one) => one !== null)
    .map((one) => (one.fix === null ? one : { ...one, fix: adviceFor(host.scope, one.fix) }));
}

async function checkPaths(input: Input): Promise<Check | null> {
  const { host, rule, service } = input;
  if (!rule.checks.some(({ look }) => ["file", "sqlite", "disk", "exec", "tls"].includes(look.kind)))
    return null;
  const promise = "what its checks look at exists";
  const [missing] = await missingTargets(host, rule, service);
  if (!missing) return check(input, "check-paths", promise, "ok", "in force");
  const found = `check ${missing.check}: ${missing.path} ${missing.says}`;
  return check(input, "check-paths", promise, "failed", found, "correct the path in the spec, or make it");
}

async function checkRules(input: Input): Promise<Check> {
  const { host, desired } = input;
  const promise = "it is watched by the rules of the spec";
  const artifact = desired.artifacts.find(({ kind }) => kind === "watch");
  const text = artifact ? await host.files.read(artifact.path) : null;
  if (artifact && text === artifact.text) return check(input, "watch-rules", promise, "ok", "in force");
  const found =
    text === null ? `${artifact?.path ?? "the file"} is gone` : `${artifact!.path} was changed by hand`;
  return check(input, "watch-rules", promise, "failed", found, "holdfast apply");
}

async function checkWatcher(input: Input): Promise<Check> {
  const { host, desired, rule, watched } = input;
  const agent = desired.agent;
  const promise =
    agent === null ? "a timer looks at it once a minute" : "the agent watches it, and starts at boot";
  const unit = agent ?? checkTimer(desired.app);
  const properties = await host.systemd.properties(unit, ["ActiveState", "UnitFileState"]);
  const [active, enabled] = ["ActiveState", "UnitFileState"].map((name) => textOf(properties, name));
  const fail = (found: string, fix: string): Check => check(input, "watcher", promise, "failed", found, fix);
  if (active !== "active") return fail(`${unit} is ${active || "not there"}`, `systemctl start ${unit}`);
  if (enabled !== "enabled")
    return fail(`${unit} is ${enabled || "not enabled"}`, `systemctl enable ${unit}`);
  const { alive, lastAt, says } = watched;
  if (!alive) return fail(says, `systemctl status ${unit}`);
  const last = lastAt === null ? "" : `, last ${describeDuration(Math.max(0, Date.now() - lastAt))} ago`;
  const count = rule.checks.length;
  return check(input, "watcher", promise, "ok", `${count} ${count === 1 ? "check" : "checks"}${last}`);
}

function checkBreaker(input: Input): Check {
  const { breaker } = input.watched;
  const promise = "its circuit breaker lets it start";
  if (breaker.state === "closed") return check(input, "breaker", promise, "ok", "in force");
  const found = `${breaker.state}: ${breaker.why ?? "no reason is known"}`;
  const { app } = input.desired;
  const fix = `holdfast reset ${app}/${input.service.name} --reason TEXT`;
  return check(input, "breaker", promise, breaker.state === "open" ? "failed" : "warning", found, fix);
}

/** Each restart that was decided here has its cause and its evidence on record. */
async function checkHeals(input: Input): Promise<Check | null> {
  const { host } = input;
  const heals = input.watched.heals.filter(({ outcome }) => outcome !== "superseded");
  if (heals.length === 0) return null;
  const promise = "its heals are on record, with cause and evidence";
  const gone = await Promise.all(
    heals.map(async ({ evidence }) => evidence === null || (await host.files.stat(evidence)) === null),
  );
  const without = heals.filter((_, index) => gone[index]);
  const count = `${heals.length} in the last week`;
  if (without.length > 0)
    return check(
      input,
      "heals",
      promise,
      "warning",
      `${count}; ${without.length} without evidence`,
      "holdfast history",
    );
  const failed = heals.filter(({ outcome }) => outcome !== "helped" && outcome !== null);
  if (failed.length === 0) return check(input, "heals", promise, "ok", count);
  return check(
    input,
    "heals",
    promise,
    "warning",
    `${count}; ${failed.length} did not help`,
    "holdfast history",
  );
}
