import { dirname, isAbsolute, join } from "node:path";
import { keepsDefaults, runtimeOf, stopTimeout } from "../spec/defaults.ts";
import { startsAfter } from "../spec/check-spec.ts";
import type { Spec } from "../spec/spec.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
import { formatDuration } from "../value/duration.ts";
import { formatSize } from "../value/size.ts";
import { addAppArmor } from "./apparmor.ts";
import { addHardening } from "./hardening.ts";
import { resolvePath } from "./spec-paths.ts";
import { logNamespace, serviceUnit, sliceUnit } from "./names.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
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
import type { UnitBuilder } from "./unit-builder.ts";

/** What surrounds a program of a service or a job: who it is, what it gets, what it may use and touch. */
export function addSurroundings(
  unit: UnitBuilder,
  spec: Spec,
  program: ProgramKeys,
  target: Target,
  path: PathOf,
): void {
  addIdentity(unit, spec, program, target, path);
  addEnvironment(unit, spec, program, path);
  addSecrets(unit, spec, program, target, path);
  addStop(unit, program, path);
  addLimits(unit, program, target, path);
  addDirectories(unit, program, path);
  addLogging(unit, spec, program, target, path);
  addHardening(unit, spec, path, program, target);
  addAppArmor(unit, spec, program, target, path);
}

/** What people read of a unit, and what it is ordered after. */
export function addDescription(
  unit: UnitBuilder,
  spec: Spec,
  name: string,
  program: ProgramKeys,
  target: Target,
  path: PathOf,
): void {
  const fallback =
    name === spec.app ? (spec.description ?? spec.app) : `${spec.description ?? spec.app} (${name})`;
  if (program.description !== undefined || !keepsDefaults(program))
    unit.add(
      "Unit",
      "Description",
      quotePlain(program.description ?? fallback),
      program.description !== undefined ? path("description") : ["description"],
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
  const toUnit = (other: string) => quoteUnitName(other.includes(".") ? other : serviceUnit(spec, other));
  for (const [key, directive] of [
    ["wants", "Wants"],
    ["requires", "Requires"],
  ] as const) {
    for (const [index, other] of (program[key] ?? []).entries())
      unit.add("Unit", directive, toUnit(other), path(key, index));
  }
  for (const other of startsAfter(program)) unit.add("Unit", "After", toUnit(other), path("after"));
}

/** Checks before the program, and what tidies up after it. */
export function addPreconditions(unit: UnitBuilder, spec: Spec, program: ProgramKeys, path: PathOf): void {
  for (const [index, file] of (program["needs-files"] ?? []).entries()) {
    unit.add(
      "Service",
      "ExecStartPre",
      quoteExecCommand(["/usr/bin/test", "-r", resolvePath(spec, file)]),
      path("needs-files", index),
    );
  }
  for (const [index, argv] of (program["before-start"] ?? []).entries()) {
    unit.add("Service", "ExecStartPre", quoteProgram(spec, argv), path("before-start", index));
  }
}

/** The program as an absolute path, or as a bare name that systemd looks up in its own fixed directories. */
export function programPath(spec: Spec, program: string): string {
  return program.includes("/") && !isAbsolute(program) ? join(spec.directory, program) : program;
}

export function quoteProgram(spec: Spec, argv: readonly string[]): Quoted {
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
  service: ProgramKeys,
  target: Target,
  path: PathOf,
): void {
  const kept = keepsDefaults(service);
  if (target.scope === "system") {
    // Without User= a service runs as root, too, but has no HOME and no login name.
    if (spec.user !== undefined && !(kept && spec.user === "root"))
      unit.add("Service", "User", spec.user, ["user"]);
    if (spec.group !== undefined) unit.add("Service", "Group", spec.group, ["group"]);
  } else if (spec.user !== undefined)
    unit.lose("user: has no effect in user scope: the services run as you", ["user"]);
  if (!kept || spec.directory !== "/")
    unit.add("Service", "WorkingDirectory", quotePath(spec.directory), ["directory"]);
  if (!kept) unit.add("Service", "Slice", sliceUnit(spec.app), "one slice for the application");
  if (service.limits?.nice !== undefined) {
    unit.add("Service", "Nice", String(service.limits.nice), path("limits", "nice"));
    if (target.scope === "user" && service.limits.nice < 0)
      unit.lose("a priority below 0 has no effect in user scope", path("limits", "nice"));
  }
}

function addEnvironment(unit: UnitBuilder, spec: Spec, service: ProgramKeys, path: PathOf): void {
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

export function envFiles(service: ProgramKeys): readonly string[] {
  const file = service.env?.file;
  return file === undefined ? [] : typeof file === "string" ? [file] : file;
}

/** Files named below systemd:, which may be missing. Patterns, and names that only systemd can fill in, are left out. */
export function optionalEnvFiles(service: ProgramKeys & Pick<ServiceSpec, "systemd">): string[] {
  return [service.systemd?.Service?.["EnvironmentFile"] ?? []]
    .flat()
    .map((path) => path.replace(/^-/, ""))
    .filter((path) => path.startsWith("/") && !/[*?[\]%]/.test(path));
}

/** A program inside a virtual environment gets that environment's programs first; Python output is not held back. */
function runtimeEnvironment(spec: Spec, service: ProgramKeys): Record<string, string> {
  if (runtimeOf(service).name !== "python" || keepsDefaults(service)) return {};
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

function addSecrets(unit: UnitBuilder, spec: Spec, service: ProgramKeys, target: Target, path: PathOf): void {
  const name = String(path()[1]);
  if (unit.systemd < 247 && service.secrets && Object.keys(service.secrets).length > 0) {
    unit.refuse(
      "target/no-credentials",
      `Cannot give secrets to "${name}": credentials need systemd 247, this host has ${unit.systemd}`,
      path("secrets"),
      "use a newer host, or a file that only the service's account can read",
    );
    return;
  }
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

function addStop(unit: UnitBuilder, service: ProgramKeys, path: PathOf): void {
  const cause = (key: string) =>
    service.stop && key in service.stop ? path("stop", key) : `stop.${key} has a default`;
  const kept = keepsDefaults(service);
  const put = (key: "signal" | "kill" | "timeout", directive: string, value: string) => {
    if (!kept || service.stop?.[key] !== undefined) unit.add("Service", directive, value, cause(key));
  };
  put("signal", "KillSignal", service.stop?.signal ?? "SIGTERM");
  put("kill", "KillMode", service.stop?.kill ?? "control-group");
  put("timeout", "TimeoutStopSec", formatDuration(stopTimeout(service)));
  const clean = service.stop?.["clean-exit"] ?? (runtimeOf(service).name === "java" && !kept ? [143] : []);
  if (clean.length > 0)
    unit.add(
      "Service",
      "SuccessExitStatus",
      clean.join(" "),
      service.stop?.["clean-exit"] ? cause("clean-exit") : "Java ends with 143 after SIGTERM",
    );
}

/** Those that control groups keep; a user's own systemd is given none of version 1 (user@.service(5)). */
const controlledLimits = [
  "memory",
  "memory-high",
  "swap",
  "cpu",
  "cpu-weight",
  "io-weight",
  "tasks",
] as const;

function addLimits(unit: UnitBuilder, service: ProgramKeys, target: Target, path: PathOf): void {
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
  const controlled = controlledLimits.filter((key) => limits[key] !== undefined);
  if (target.scope === "user" && target.cgroup === "v1" && controlled.length > 0) {
    unit.lose(
      `limits ${controlled.join(", ")} have no effect in user scope: that needs cgroup v2, and this host runs v1`,
      path("limits"),
    );
  } else if (
    !target.memoryController &&
    (limits.memory !== undefined || limits["memory-high"] !== undefined)
  ) {
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

function addDirectories(unit: UnitBuilder, service: ProgramKeys, path: PathOf): void {
  for (const [key, directive] of [
    ["state-directory", "StateDirectory"],
    ["cache-directory", "CacheDirectory"],
    ["runtime-directory", "RuntimeDirectory"],
  ] as const) {
    const name = service[key];
    if (name !== undefined) unit.add("Service", directive, name, path(key));
  }
}

function addLogging(unit: UnitBuilder, spec: Spec, service: ProgramKeys, target: Target, path: PathOf): void {
  const kept = keepsDefaults(service);
  if (!kept) {
    unit.add("Service", "StandardOutput", "journal", "logs go to the journal");
    unit.add("Service", "StandardError", "journal", "logs go to the journal");
  }
  if (service["log-identifier"] !== undefined)
    unit.add("Service", "SyslogIdentifier", quotePlain(service["log-identifier"]), path("log-identifier"));
  if (kept) return;
  if (target.scope === "system") {
    unit.add(
      "Service",
      "LogNamespace",
      logNamespace(spec.app),
      spec.logs === undefined ? "one journal for the application" : ["logs"],
    );
    if (unit.systemd >= 245) {
      // Without these, a service that ends before its journal is up loses its lines: 15 of 60 first runs (measured on 252).
      const journal = `systemd-journald@${logNamespace(spec.app)}.service`;
      unit.add("Unit", "Wants", journal, "the application's journal runs before the first line is written");
      unit.add("Unit", "After", journal, "the application's journal runs before the first line is written");
    }
  } else if (spec.logs !== undefined)
    unit.lose("logs: limits have no effect in user scope: user services cannot have a journal of their own", [
      "logs",
    ]);
}
