import { isAbsolute, join, dirname } from "node:path";
import { readyGate, runtimeOf, startLimit, stopTimeout } from "../spec/defaults.ts";
import { startsAfter } from "../spec/check-spec.ts";
import type { Spec } from "../spec/parse-spec.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
import { formatDuration } from "../value/duration.ts";
import { formatSize } from "../value/size.ts";
import { formatIni, ownershipMarker, type Artifact } from "./artifact.ts";
import { addHardening, resolvePath } from "./hardening.ts";
import { giveUpUnit, logNamespace, serviceUnit, sliceUnit } from "./names.ts";
import {
  quoteCredential,
  quoteEnvironment,
  quoteEnvironmentFile,
  quoteExecArgument,
  quoteExecCommand,
  quoteListItem,
  quotePath,
  quotePlain,
  quoteUnitName,
  type Quoted,
} from "./quote.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";

/** Compiles one service to its unit; see systemd.service(5), systemd.exec(5), systemd.resource-control(5). */
export function compileService(
  spec: Spec,
  name: string,
  target: Target,
): { artifact: Artifact; diagnostics: UnitBuilder["diagnostics"] } {
  const service = spec.services[name]!;
  const unit = new UnitBuilder(spec, target);
  const path = (...rest: (string | number)[]) => ["services", name, ...rest];

  addUnitSection(unit, spec, name, service, target);
  addCommands(unit, spec, name, service);
  addIdentity(unit, spec, service, target, path);
  addEnvironment(unit, spec, service, path);
  addSecrets(unit, spec, service, target, path);
  addRestart(unit, service, path);
  addStop(unit, service, path);
  addLimits(unit, service, target, path);
  addDirectories(unit, service, path);
  addLogging(unit, spec, service, target, path);
  addHardening(unit, spec, name, service, target);
  unit.add(
    "Install",
    "WantedBy",
    target.scope === "system" ? "multi-user.target" : "default.target",
    "services start at boot when enabled",
  );

  const header = [
    ownershipMarker(spec.app),
    ...(spec.references ?? []).map((id) => `# Reference: ${id.replace(/[\r\n]/g, " ")}`),
  ];
  const artifact: Artifact = {
    kind: "unit",
    path: `${target.unitDirectory}/${serviceUnit(spec.app, name)}`,
    mode: 0o644,
    text: formatIni(header, ["Unit", "Service", "Install"], unit.directives),
    unit: serviceUnit(spec.app, name),
    service: name,
    directives: unit.directives,
  };
  return { artifact, diagnostics: unit.diagnostics };
}

type PathOf = (...rest: (string | number)[]) => (string | number)[];

function addUnitSection(
  unit: UnitBuilder,
  spec: Spec,
  name: string,
  service: ServiceSpec,
  target: Target,
): void {
  const path = (...rest: (string | number)[]) => ["services", name, ...rest];
  const fallback =
    name === spec.app ? (spec.description ?? spec.app) : `${spec.description ?? spec.app} (${name})`;
  unit.add(
    "Unit",
    "Description",
    quotePlain(service.description ?? fallback),
    service.description !== undefined ? path("description") : ["description"],
  );
  for (const [index, link] of (spec.documentation ?? []).entries()) {
    unit.add("Unit", "Documentation", quoteListItem(link), ["documentation", index]);
  }
  if (spec["network-online"]) {
    unit.add("Unit", "Wants", "network-online.target", ["network-online"]);
    unit.add("Unit", "After", "network-online.target", ["network-online"]);
    if (target.scope === "user")
      unit.lose("network-online: has no effect in user scope, where that target is never reached", [
        "network-online",
      ]);
  }
  const toUnit = (other: string) => quoteUnitName(other.includes(".") ? other : serviceUnit(spec.app, other));
  for (const [key, directive] of [
    ["wants", "Wants"],
    ["requires", "Requires"],
  ] as const) {
    for (const [index, other] of (service[key] ?? []).entries())
      unit.add("Unit", directive, toUnit(other), path(key, index));
  }
  for (const other of startsAfter(service)) unit.add("Unit", "After", toUnit(other), path("after"));

  const { limit, written } = startLimit(service);
  const cause = written ? path("restart", "limit") : "restart.limit has a default";
  // In [Service] the interval would be an unknown key and systemd would keep its ten seconds.
  unit.add("Unit", "StartLimitIntervalSec", formatDuration(limit.window), cause);
  unit.add("Unit", "StartLimitBurst", String(limit.count), cause);
  unit.add("Unit", "OnFailure", giveUpUnit(spec.app, name), "giving up is recorded, never silent");
}

function addCommands(unit: UnitBuilder, spec: Spec, name: string, service: ServiceSpec): void {
  const path = (...rest: (string | number)[]) => ["services", name, ...rest];
  const gate = readyGate(service);
  const within = service.ready?.within === undefined ? "ready.within has a default" : path("ready", "within");
  unit.add(
    "Service",
    "Type",
    gate.kind === "notify" ? "notify" : "exec",
    gate.kind === "notify"
      ? path("ready", "notify")
      : "a missing program is a failed start, which Type=simple hides",
  );
  for (const [index, file] of (service["needs-files"] ?? []).entries()) {
    unit.add(
      "Service",
      "ExecStartPre",
      quoteExecCommand(["/usr/bin/test", "-r", resolvePath(spec, file)]),
      path("needs-files", index),
    );
  }
  for (const [index, argv] of (service["before-start"] ?? []).entries()) {
    unit.add("Service", "ExecStartPre", quoteProgram(spec, argv), path("before-start", index));
  }
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
  unit.add("Service", "TimeoutStartSec", formatDuration(gate.within), within);
  if (service.watchdog !== undefined) {
    unit.add("Service", "WatchdogSec", formatDuration(service.watchdog), path("watchdog"));
    unit.add(
      "Service",
      "NotifyAccess",
      "all",
      "a helper such as systemd-notify is dropped silently under NotifyAccess=main",
    );
  }
}

/** The program as an absolute path, or as a bare name that systemd looks up in its own fixed directories. */
export function programPath(spec: Spec, program: string): string {
  return program.includes("/") && !isAbsolute(program) ? join(spec.directory, program) : program;
}

function quoteProgram(spec: Spec, argv: readonly string[]): Quoted {
  const program = programPath(spec, argv[0]!);
  if (isAbsolute(program)) return quoteExecCommand([program, ...argv.slice(1)]);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(program))
    return { ok: false, reason: "does not name a program: write its path" };
  const words = argv.slice(1).map(quoteExecArgument);
  const refused = words.find((word) => !word.ok);
  return (
    refused ?? { ok: true, text: [program, ...words.map((word) => (word.ok ? word.text : ""))].join(" ") }
  );
}

function addIdentity(
  unit: UnitBuilder,
  spec: Spec,
  service: ServiceSpec,
  target: Target,
  path: PathOf,
): void {
  if (target.scope === "system") {
    if (spec.user !== undefined) unit.add("Service", "User", spec.user, ["user"]);
    if (spec.group !== undefined) unit.add("Service", "Group", spec.group, ["group"]);
  } else if (spec.user !== undefined)
    unit.lose("user: has no effect in user scope: the services run as you", ["user"]);
  unit.add("Service", "WorkingDirectory", quotePath(spec.directory), ["directory"]);
  unit.add("Service", "Slice", sliceUnit(spec.app), "one slice for the application");
  if (service.limits?.nice !== undefined) {
    unit.add("Service", "Nice", String(service.limits.nice), path("limits", "nice"));
    if (target.scope === "user" && service.limits.nice < 0)
      unit.lose("a priority below 0 has no effect in user scope", path("limits", "nice"));
  }
}

function addEnvironment(unit: UnitBuilder, spec: Spec, service: ServiceSpec, path: PathOf): void {
  const given = service.env?.set ?? {};
  for (const [name, value] of Object.entries(runtimeEnvironment(spec, service))) {
    if (!(name in given))
      unit.add("Service", "Environment", quoteEnvironment(name, value), `runtime ${runtimeOf(service).name}`);
  }
  for (const [name, value] of Object.entries(given)) {
    unit.add("Service", "Environment", quoteEnvironment(name, value), path("env", "set", name));
  }
  for (const [index, file] of envFiles(service).entries()) {
    const cause = Array.isArray(service.env?.file) ? path("env", "file", index) : path("env", "file");
    unit.add("Service", "EnvironmentFile", quoteEnvironmentFile(resolvePath(spec, file)), cause);
  }
}

export function envFiles(service: ServiceSpec): readonly string[] {
  const file = service.env?.file;
  return file === undefined ? [] : typeof file === "string" ? [file] : file;
}

/** A program inside a virtual environment gets that environment's programs first; Python output is not held back. */
function runtimeEnvironment(spec: Spec, service: ServiceSpec): Record<string, string> {
  if (runtimeOf(service).name !== "python") return {};
  const program = programPath(spec, service.run[0]!);
  const environment: Record<string, string> = { PYTHONUNBUFFERED: "1" };
  if (/\/bin\/[^/]+$/.test(program) && !/^\/(usr(\/local)?\/)?bin\//.test(program)) {
    environment["VIRTUAL_ENV"] = dirname(dirname(program));
    environment["PATH"] = `${dirname(program)}:/usr/local/bin:/usr/bin:/bin`;
  }
  return environment;
}

/** Where a secret's encrypted copy is kept on hosts that can encrypt. */
export function encryptedCredentialPath(spec: Spec, service: string, id: string): string {
  return `/etc/credstore.encrypted/holdfast.${spec.app}.${service}.${id}`;
}

function addSecrets(unit: UnitBuilder, spec: Spec, service: ServiceSpec, target: Target, path: PathOf): void {
  const name = String(path()[1]);
  for (const [id, source] of Object.entries(service.secrets ?? {})) {
    if (target.encryptsCredentials && target.scope === "system") {
      unit.add(
        "Service",
        "LoadCredentialEncrypted",
        quoteCredential(id, encryptedCredentialPath(spec, name, id)),
        path("secrets", id),
      );
    } else unit.add("Service", "LoadCredential", quoteCredential(id, source), path("secrets", id));
  }
}

function addRestart(unit: UnitBuilder, service: ServiceSpec, path: PathOf): void {
  const { delay, maxDelay } = startLimit(service);
  const on = service.restart?.on ?? "failure";
  const cause = (key: string) =>
    service.restart && key in service.restart ? path("restart", key) : `restart.${key} has a default`;
  unit.add("Service", "Restart", { failure: "on-failure", always: "always", never: "no" }[on], cause("on"));
  if (on === "failure") {
    unit.add(
      "Service",
      "RestartForceExitStatus",
      "SIGHUP SIGINT SIGTERM SIGPIPE",
      "death by a stray signal is a failure, which on-failure takes for a clean end",
    );
  }
  unit.add("Service", "RestartSec", formatDuration(delay), cause("delay"));
  if (maxDelay !== undefined) {
    unit.add("Service", "RestartMaxDelaySec", formatDuration(maxDelay), cause("max-delay"));
    unit.add("Service", "RestartSteps", "5", cause("max-delay"));
  }
  if (service.restart?.["not-on"])
    unit.add("Service", "RestartPreventExitStatus", service.restart["not-on"].join(" "), cause("not-on"));
  // 252 behaves as RestartMode=direct does from 254 on, so leaving it out there loses nothing.
  if (unit.systemd >= 254)
    unit.add(
      "Service",
      "RestartMode",
      "direct",
      "OnFailure= runs when systemd gives up, not at every crash (systemd#33710)",
    );
}

function addStop(unit: UnitBuilder, service: ServiceSpec, path: PathOf): void {
  const cause = (key: string) =>
    service.stop && key in service.stop ? path("stop", key) : `stop.${key} has a default`;
  unit.add("Service", "KillSignal", service.stop?.signal ?? "SIGTERM", cause("signal"));
  unit.add("Service", "KillMode", service.stop?.kill ?? "control-group", cause("kill"));
  unit.add("Service", "TimeoutStopSec", formatDuration(stopTimeout(service)), cause("timeout"));
  const clean = service.stop?.["clean-exit"] ?? (runtimeOf(service).name === "java" ? [143] : []);
  if (clean.length > 0)
    unit.add(
      "Service",
      "SuccessExitStatus",
      clean.join(" "),
      service.stop?.["clean-exit"] ? cause("clean-exit") : "Java ends with 143 after SIGTERM",
    );
}

function addLimits(unit: UnitBuilder, service: ServiceSpec, target: Target, path: PathOf): void {
  const limits = service.limits ?? {};
  const put = (key: keyof typeof limits, directive: string, value: string | undefined) => {
    if (value !== undefined) unit.add("Service", directive, value, path("limits", key));
  };
  put("memory", "MemoryMax", limits.memory === undefined ? undefined : formatSize(limits.memory));
  put(
    "memory-high",
    "MemoryHigh",
    limits["memory-high"] === undefined ? undefined : formatSize(limits["memory-high"]),
  );
  put("swap", "MemorySwapMax", limits.swap === undefined ? undefined : formatSize(limits.swap));
  put("cpu", "CPUQuota", limits.cpu === undefined ? undefined : `${limits.cpu}%`);
  put("cpu-weight", "CPUWeight", limits["cpu-weight"]?.toString());
  put("io-weight", "IOWeight", limits["io-weight"]?.toString());
  put("tasks", "TasksMax", limits.tasks?.toString());
  put("files", "LimitNOFILE", limits.files?.toString());
  if (!target.memoryController && (limits.memory !== undefined || limits["memory-high"] !== undefined)) {
    unit.lose(
      "memory limits have no effect: this host's kernel has no memory controller (on a Raspberry Pi add cgroup_enable=memory to the kernel command line)",
      path("limits"),
    );
  } else if (target.cgroup === "v1" && limits["memory-high"] !== undefined) {
    unit.lose(
      "memory-high has no effect: it needs cgroup v2, and this host runs v1",
      path("limits", "memory-high"),
    );
  }
}

function addDirectories(unit: UnitBuilder, service: ServiceSpec, path: PathOf): void {
  for (const [key, directive] of [
    ["state-directory", "StateDirectory"],
    ["cache-directory", "CacheDirectory"],
    ["runtime-directory", "RuntimeDirectory"],
  ] as const) {
    const name = service[key];
    if (name !== undefined) unit.add("Service", directive, name, path(key));
  }
}

function addLogging(unit: UnitBuilder, spec: Spec, service: ServiceSpec, target: Target, path: PathOf): void {
  unit.add("Service", "StandardOutput", "journal", "logs go to the journal");
  unit.add("Service", "StandardError", "journal", "logs go to the journal");
  if (service["log-identifier"] !== undefined)
    unit.add("Service", "SyslogIdentifier", quotePlain(service["log-identifier"]), path("log-identifier"));
  if (target.scope === "system") {
    unit.add(
      "Service",
      "LogNamespace",
      logNamespace(spec.app),
      spec.logs === undefined ? "one journal for the application" : ["logs"],
    );
    // Without these, a service that ends before its journal is up loses its lines: 15 of 60 first runs (measured on 252).
    const journal = `systemd-journald@${logNamespace(spec.app)}.service`;
    unit.add("Unit", "Wants", journal, "the application's journal runs before the first line is written");
    unit.add("Unit", "After", journal, "the application's journal runs before the first line is written");
  } else if (spec.logs !== undefined)
    unit.lose("logs: limits have no effect in user scope: user services cannot have a journal of their own", [
      "logs",
    ]);
}
