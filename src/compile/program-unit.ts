import { isAbsolute } from "node:path";
import { keepsDefaults, runtimeOf, stopTimeout } from "../spec/defaults.ts";
import { startsAfter } from "../spec/check-spec.ts";
import type { Spec } from "../spec/spec.ts";
import { formatDuration } from "../value/duration.ts";
import { addAppArmor } from "./apparmor.ts";
import { addHardening } from "./hardening.ts";
import { resolvePath } from "./spec-paths.ts";
import { logNamespace, serviceUnit, sliceUnit } from "./names.ts";
import { addEnvironment, addSecrets } from "./program-environment.ts";
import { programPath } from "./program-files.ts";
import { addLimits } from "./program-limits.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
import {
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
