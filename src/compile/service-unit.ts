import { keepsDefaults, readyGate, startLimit } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
import { formatDuration } from "../value/duration.ts";
import { formatIni, ownershipMarker, type Artifact } from "./artifact.ts";
import { supervisionOf } from "./make-watch.ts";
import { beatDirectory, giveUpUnit, heldFile, serviceUnit } from "./names.ts";
import { addDescription, addPreconditions, addSurroundings, quoteProgram } from "./program-unit.ts";
import { pathBelow, type PathOf } from "./program.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";
import { addWritten } from "./written-directives.ts";

/** Compiles one service to its unit; see systemd.service(5), systemd.exec(5), systemd.resource-control(5). */
export function compileService(
  spec: Spec,
  name: string,
  target: Target,
): { artifact: Artifact; diagnostics: UnitBuilder["diagnostics"] } {
  const service = spec.services[name]!;
  const unit = new UnitBuilder(spec, target);
  const path = pathBelow("services", name);
  addDescription(unit, spec, name, service, target, path);
  addBudget(unit, spec, name, service, path);
  addBreaker(unit, spec, name, target);
  addBeat(unit, spec, name, service, path);
  addCommands(unit, spec, service, path);
  addRestart(unit, service, path);
  addSurroundings(unit, spec, service, target, path);
  if (!keepsDefaults(service) || (service.enable !== false && service.systemd?.Install === undefined))
    unit.add(
      "Install",
      "WantedBy",
      target.scope === "system" ? "multi-user.target" : "default.target",
      "services start at boot when enabled",
    );
  addWritten(unit, ["Unit", "Service", "Install"], service, path);

  const header = [
    ownershipMarker(spec.app),
    ...(spec.references ?? []).map((id) => `# Reference: ${id.replace(/[\r\n]/g, " ")}`),
  ];
  const artifact: Artifact = {
    kind: "unit",
    path: `${target.unitDirectory}/${serviceUnit(spec, name)}`,
    mode: 0o644,
    text: formatIni(header, ["Unit", "Service", "Install"], unit.directives),
    unit: serviceUnit(spec, name),
    service: name,
    directives: unit.directives,
  };
  return { artifact, diagnostics: unit.diagnostics };
}

function addBudget(unit: UnitBuilder, spec: Spec, name: string, service: ServiceSpec, path: PathOf): void {
  const { limit, written } = startLimit(service);
  const cause = written ? path("restart", "limit") : "restart.limit has a default";
  if (written || !keepsDefaults(service)) {
    // In [Service] the interval would be an unknown key and systemd would keep its ten seconds.
    unit.add("Unit", "StartLimitIntervalSec", formatDuration(limit.window), cause);
    unit.add("Unit", "StartLimitBurst", String(limit.count), cause);
  }
  unit.add("Unit", "OnFailure", giveUpUnit(spec, name), "giving up is recorded, never silent");
}

/** An open breaker refuses every start, whoever asks and after a reboot, too. */
function addBreaker(unit: UnitBuilder, spec: Spec, name: string, target: Target): void {
  if (supervisionOf(spec) === "systemd") return;
  const held = heldFile(target.stateDirectory, serviceUnit(spec, name));
  unit.add("Unit", "AssertPathExists", `!${held}`, "an open circuit breaker refuses every start");
}

/** systemd makes the directory for the service's user, inside whatever sandbox, and removes it with the service. */
function addBeat(unit: UnitBuilder, spec: Spec, name: string, service: ServiceSpec, path: PathOf): void {
  const index = (service.health ?? []).findIndex((check) => check.beat !== undefined);
  if (index === -1) return;
  const directory = beatDirectory(spec, name);
  const cause = path("health", index);
  unit.add("Service", "RuntimeDirectory", directory, cause);
  unit.add("Service", "Environment", `HOLDFAST_BEAT=%t/${directory}/beat`, cause);
}

function addCommands(unit: UnitBuilder, spec: Spec, service: ServiceSpec, path: PathOf): void {
  const gate = readyGate(service);
  const within = service.ready?.within === undefined ? "ready.within has a default" : path("ready", "within");
  const kept = keepsDefaults(service);
  if (gate.kind === "notify" || !kept)
    unit.add(
      "Service",
      "Type",
      // systemd knows exec from 240 on.
      gate.kind === "notify" ? "notify" : unit.systemd < 240 ? "simple" : "exec",
      gate.kind === "notify"
        ? path("ready", "notify")
        : "a missing program is a failed start, which Type=simple hides",
    );
  addPreconditions(unit, spec, service, path);
  unit.add("Service", "ExecStart", quoteProgram(spec, service.run), path("run"));
  if (service.reload?.signal) {
    unit.add(
      "Service",
      "ExecReload",
      `/bin/kill -${service.reload.signal.slice(3)} $MAINPID`,
      path("reload", "signal"),
    );
  }
  if (service.reload?.command)
    unit.add("Service", "ExecReload", quoteProgram(spec, service.reload.command), path("reload", "command"));
  for (const [index, argv] of (service["after-stop"] ?? []).entries()) {
    unit.add("Service", "ExecStopPost", quoteProgram(spec, argv), path("after-stop", index));
  }
  if (!kept || service.ready?.within !== undefined)
    unit.add("Service", "TimeoutStartSec", formatDuration(gate.within), within);
  if (service.watchdog !== undefined) {
    unit.add("Service", "WatchdogSec", formatDuration(service.watchdog), path("watchdog"));
    if (!kept)
      unit.add(
        "Service",
        "NotifyAccess",
        "all",
        "a helper such as systemd-notify is dropped silently under NotifyAccess=main",
      );
  }
}

function addRestart(unit: UnitBuilder, service: ServiceSpec, path: PathOf): void {
  const { delay, maxDelay } = startLimit(service);
  const on = service.restart?.on ?? "failure";
  const cause = (key: string) =>
    service.restart && key in service.restart ? path("restart", key) : `restart.${key} has a default`;
  const kept = keepsDefaults(service);
  if (!kept || service.restart?.on !== undefined)
    unit.add("Service", "Restart", { failure: "on-failure", always: "always", never: "no" }[on], cause("on"));
  if (on === "failure" && !kept) {
    unit.add(
      "Service",
      "RestartForceExitStatus",
      "SIGHUP SIGINT SIGTERM SIGPIPE",
      "death by a stray signal is a failure, which on-failure takes for a clean end",
    );
  }
  if (!kept || service.restart?.delay !== undefined)
    unit.add("Service", "RestartSec", formatDuration(delay), cause("delay"));
  if (maxDelay !== undefined) {
    unit.add("Service", "RestartMaxDelaySec", formatDuration(maxDelay), cause("max-delay"));
    unit.add("Service", "RestartSteps", "5", cause("max-delay"));
  }
  if (service.restart?.["not-on"])
    unit.add("Service", "RestartPreventExitStatus", service.restart["not-on"].join(" "), cause("not-on"));
  // 252 behaves as RestartMode=direct does from 254 on, so leaving it out there loses nothing.
  if (unit.systemd >= 254 && (!kept || restarts(service)))
    unit.add(
      "Service",
      "RestartMode",
      "direct",
      "OnFailure= runs when systemd gives up, not at every crash (systemd#33710)",
    );
}

/** Whether systemd starts it again by itself. */
function restarts({ restart, systemd }: ServiceSpec): boolean {
  const written = systemd?.Service?.["Restart"];
  if (written !== undefined) return written !== "no";
  return restart?.on !== undefined && restart.on !== "never";
}
