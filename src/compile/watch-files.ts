import type { Spec } from "../spec/spec.ts";
import { formatDuration, durationOf } from "../value/duration.ts";
import { formatIni, hostMarker, ownershipMarker, type Artifact, type Directive } from "./artifact.ts";
import { describeRule } from "./describe-rule.ts";
import { makeWatch, supervisionOf } from "./make-watch.ts";
import { agentUnit, checkService, checkTimer } from "./names.ts";
import { addOwnSandbox } from "./own-sandbox.ts";
import { quoteExecCommand, quotePlain } from "./quote.ts";
import { unitArtifact } from "./support-files.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";
import type { WatchFile } from "./watch-rule.ts";

/** When the level "probes" looks; a boundary of a minute, so that many applications share one wake-up. */
export const checkTimes: readonly string[] = ["*:*:00 UTC"];

/** What the chosen level of supervision adds: nothing, a timer, or the agent. */
export function compileWatch(spec: Spec, target: Target): Artifact[] {
  const level = supervisionOf(spec);
  if (level === "systemd") return [];
  const rules = watchArtifact(spec, target, makeWatch(spec, target));
  return level === "agent"
    ? [rules, compileAgent(spec, target)]
    : [rules, ...compileCheckTimer(spec, target)];
}

/** The rules as a file: an edit of them is planned, shown, applied and rolled back like any other, and restarts nothing. */
function watchArtifact(spec: Spec, target: Target, watch: WatchFile): Artifact {
  const directives = watch.services.flatMap(({ service, checks, heal, grace }): Directive[] => {
    const because = { at: spec.placeOf(["services", service], "key") };
    const parts = (name: string, rule: object): Directive[] =>
      describeRule(rule).map(([key, value]) => ({ section: service, key: `${name}.${key}`, value, because }));
    return [
      ...checks
        .filter(({ id }) => id !== "unit")
        .flatMap(({ id, look, ...rest }) => parts(id, { ...look, ...rest })),
      ...parts("heal", heal),
      { section: service, key: "grace", value: formatDuration(durationOf(grace)), because },
    ];
  });
  return {
    kind: "watch",
    path: `${target.settingsDirectory}/holdfast/watch/${spec.app}.json`,
    // Addresses in it may hold a token, and nobody else reads it.
    mode: 0o600,
    text: `${ownershipMarker(spec.app)}\n${JSON.stringify(watch, null, 1)}\n`,
    directives: [
      { section: "watch", key: "supervision", value: watch.supervision, because: { rule: "supervision" } },
      ...directives,
    ],
  };
}

/**
 * The agent's own unit, the same text for every application, so that they can share it. It is bounded in memory and
 * watched by systemd; what it needs root for is asking systemd, reading other users' processes and their files.
 */
function compileAgent(spec: Spec, target: Target): Artifact {
  const unit = new UnitBuilder(spec, target);
  const rule = "the agent";
  const user = target.scope === "user";
  unit.add(
    "Unit",
    "Description",
    "Holdfast agent: watches declared services and heals them through systemd",
    rule,
  );
  unit.add("Unit", "After", user ? "dbus.socket" : "dbus.socket systemd-journald.service", rule);
  unit.add("Unit", "StartLimitIntervalSec", "0", "whoever watches must not give up");
  unit.add("Service", "Type", "notify", "it says when it watches");
  unit.add("Service", "NotifyAccess", "all", "systemd-notify may speak for it");
  const program = quoteExecCommand([target.holdfast, ...(user ? ["--user"] : []), "agent"]);
  unit.add("Service", "ExecStart", program, rule);
  unit.add("Service", "Restart", "always", "who watches is watched, too");
  unit.add("Service", "RestartSec", "1s", "a second without eyes is enough");
  unit.add("Service", "WatchdogSec", "30s", "a frozen agent is killed and started again");
  unit.add("Service", "TimeoutStopSec", "20s", "a heal that is under way is resumed by the next start");
  unit.add("Service", "MemoryMax", "256M", "a fault of ours must not take the host with it");
  unit.add("Service", "TasksMax", "128", "as above");
  unit.add("Service", "OOMScoreAdjust", "-500", "it should see what the kernel kills");
  unit.add("Service", "Nice", "-5", "it looks on time on a busy machine");
  if (!user) addOwnSandbox(unit, "the agent is shut in, too");
  unit.add("Install", "WantedBy", user ? "default.target" : "multi-user.target", "it starts at boot");
  return {
    kind: "unit",
    path: `${target.unitDirectory}/${agentUnit}`,
    mode: 0o644,
    text: formatIni([hostMarker], ["Unit", "Service", "Install"], unit.directives),
    unit: agentUnit,
    shared: true,
    directives: unit.directives,
  };
}

function compileCheckTimer(spec: Spec, target: Target): Artifact[] {
  const rule = "supervision: probes";
  const service = new UnitBuilder(spec, target);
  service.add("Unit", "Description", quotePlain(`Check the services of ${spec.app}`), rule);
  service.add("Service", "Type", "oneshot", rule);
  const words = [target.holdfast, ...(target.scope === "user" ? ["--user"] : []), "check", spec.app];
  service.add("Service", "ExecStart", quoteExecCommand(words), rule);
  service.add("Service", "TimeoutStartSec", "10min", "a heal waits until the service is ready");
  service.add("Service", "MemoryMax", "256M", "a fault of ours must not take the host with it");

  const timer = new UnitBuilder(spec, target);
  timer.add("Unit", "Description", quotePlain(`When the services of ${spec.app} are checked`), rule);
  for (const time of checkTimes) timer.add("Timer", "OnCalendar", time, rule);
  timer.add(
    "Timer",
    "Unit",
    checkService(spec.app),
    "the timer names its unit; a dependency would start it at boot",
  );
  timer.add("Timer", "AccuracySec", "1s", "a freeze is seen within the minute");
  timer.add("Install", "WantedBy", "timers.target", "timers start at boot when enabled");
  return [
    unitArtifact(spec, target, checkService(spec.app), service, ["Unit", "Service"]),
    unitArtifact(spec, target, checkTimer(spec.app), timer, ["Unit", "Timer", "Install"]),
  ];
}
