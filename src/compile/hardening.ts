import { keepsDefaults, runtimeOf, type Runtime } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import { profileFile, type Profile } from "../spec/profile.ts";
import {
  addressFamilies,
  capabilityLines,
  neededCapabilities,
  networkLines,
  systemCalls,
  type Allowance,
  type Level,
  type Line,
  type Needs,
} from "./privileges.ts";
import { applyProfile } from "./profile-lines.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
import { quotePathItem } from "./quote.ts";
import type { Target } from "./target.ts";
import type { UnitBuilder } from "./unit-builder.ts";
import { impliesNoNewPrivileges, isLostInUserScope, needsUserNamespace } from "./user-scope.ts";
import { declaredPaths, resolvePath, writtenPaths } from "./spec-paths.ts";

export type Hardening = {
  level: Level;
  allow: ReadonlySet<Allowance>;
  atMost: number | null;
  /** Name of the profile that holdfast harden has learned. */
  profile: string | null;
};

/** The declared hardening with defaults filled in. `atMost` is the exposure score that apply accepts. */
export function hardeningOf(spec: Spec, service: ProgramKeys): Hardening {
  const declared = service.hardening ?? (keepsDefaults(service) ? "off" : "strict");
  const block = typeof declared === "string" ? { level: declared } : declared;
  const level = block.level ?? "strict";
  const allow = new Set("allow" in block ? block.allow : []);
  const atMost = "at-most" in block ? block["at-most"] : undefined;
  const profile = ("profile" in block ? block.profile : undefined) ?? null;
  // 2.0 is the promise for the untouched preset under an account of its own; whoever allows more sets a limit himself.
  const promised = level === "strict" && allow.size === 0 && spec.user !== "root";
  return { level, allow, atMost: atMost ?? (promised ? 2 : null), profile };
}

/**
 * V8 and friends write machine code while they run, so they die at once under MemoryDenyWriteExecute=. Not shell: a
 * script may start any of them, and they inherit it.
 */
const plainMemory: ReadonlySet<Runtime> = new Set<Runtime>(["python", "go"]);

export function addHardening(
  unit: UnitBuilder,
  spec: Spec,
  path: PathOf,
  service: ProgramKeys,
  target: Target,
): void {
  const { level } = hardeningOf(spec, service);
  const cause = service.hardening === undefined ? "hardening: strict is the default" : path("hardening");
  const profile = profileOf(unit, spec, path, service, target);
  const lines = directivesFor(spec, path, service, target, profile);
  const isLost = (key: string) => target.scope === "user" && isLostInUserScope(key, lines);
  for (const [key, value, why] of lines) if (!isLost(key)) unit.add("Service", key, value, why ?? cause);
  // An empty list of capabilities takes nothing away that a user service has.
  const lost = lines.filter(([key, value]) => isLost(key) && value !== "").map(([key]) => `${key}=`);
  if (lost.length > 0) {
    unit.lose(
      `user services cannot use ${lost.join(" ")}: run it in system scope with user: for the full protection`,
      cause,
    );
  }
  loseNetwork(unit, path, service, target);
  const learnedLocal = profile?.set?.IPAddressDeny !== undefined && service.network !== "local";
  if (learnedLocal && target.scope === "system" && target.cgroup === "v1")
    unit.lose("IPAddressDeny= has no effect: it needs cgroup v2, and this host runs v1", {
      at: profile.placeOf(["set", "IPAddressDeny"], "key"),
    });
  if (!isLost("ProtectSystem")) addWritablePaths(unit, spec, path, service, level);
  if (!isLost("ProtectSystem") && level !== "off" && profile) addLearnedPaths(unit, spec, profile);
}

/** The profile that the service names, and whether it was learned with the systemd it is compiled for. */
function profileOf(
  unit: UnitBuilder,
  spec: Spec,
  path: PathOf,
  service: ProgramKeys,
  target: Target,
): Profile | null {
  const { profile: name } = hardeningOf(spec, service);
  if (name === null) return null;
  const profile = spec.profiles?.[name] ?? null;
  if (profile === null) {
    unit.refuse(
      "compile/no-profile",
      `Cannot find the profile "${name}": there is no ${profileFile(spec.file, name)}`,
      path("hardening", "profile"),
      `learn it: holdfast harden ${String(path()[1])} --write`,
    );
    return null;
  }
  if (profile.systemd !== target.systemd)
    unit.warn(
      "compile/stale-profile",
      `The profile "${name}" was learned with systemd ${profile.systemd}, and this host has ${target.systemd}`,
      profile.placeOf(["systemd"]),
      `learn it again here: holdfast harden ${String(path()[1])} --write`,
    );
  return profile;
}

/** What it was seen to write to, and the spec does not declare; a minus, because nothing makes these directories. */
function addLearnedPaths(unit: UnitBuilder, spec: Spec, profile: Profile): void {
  for (const directory of Object.keys(profile.writes ?? {})) {
    const quoted = quotePathItem(resolvePath(spec, directory));
    const value = quoted.ok ? { ok: true as const, text: `-${quoted.text}` } : quoted;
    unit.add("Service", "ReadWritePaths", value, { at: profile.placeOf(["writes", directory]) });
  }
}

function loseNetwork(unit: UnitBuilder, path: PathOf, service: ProgramKeys, target: Target): void {
  const privileged = (service.ports ?? []).findIndex((port) => port < 1024);
  if (target.scope === "user" && privileged >= 0) {
    unit.lose(
      `user services cannot listen on port ${service.ports![privileged]}: it is below 1024`,
      path("ports", privileged),
    );
  }
  if (target.scope === "system" && target.cgroup === "v1" && service.network === "local") {
    unit.lose(
      "network: local has no effect: it needs cgroup v2, and this host runs v1; the service reaches any address",
      path("network"),
    );
  }
}

function directivesFor(
  spec: Spec,
  path: PathOf,
  service: ProgramKeys,
  target: Target,
  profile: Profile | null,
): Line[] {
  const { level, allow } = hardeningOf(spec, service);
  const root = target.scope === "system" && spec.user === "root";
  const needs: Needs = {
    allow,
    runtime: runtimeOf(service).name,
    root,
    capabilities: root || target.scope === "user" ? [] : neededCapabilities(allow, service),
  };
  const lines: (Line | false)[] = [
    ...(level === "off" ? [] : basicLines(needs, spec, service)),
    ...(level === "strict" ? strictLines(needs, service, target) : []),
    ...capabilityLines(needs, level),
    ...networkLines(path, service, level, target),
    !root && allow.has("realtime") && ["LimitRTPRIO", "99", "real time is allowed"],
  ];
  const preset = lines.filter((line) => line !== false);
  const wanted = profile ? applyProfile(preset, profile) : preset;
  const inside = wanted.some(([key]) => needsUserNamespace.has(key)) && !allow.has("setuid");
  if (target.scope === "user" && inside && !wanted.some(([key]) => key === "PrivateUsers"))
    wanted.push([
      "PrivateUsers",
      "yes",
      "user services have a sandbox only in a user namespace of their own",
    ]);
  return allow.has("setuid") && !root ? wanted.filter(([key]) => !impliesNoNewPrivileges.has(key)) : wanted;
}

function basicLines({ allow }: Needs, spec: Spec, service: ProgramKeys): (Line | false)[] {
  const paths = declaredPaths(spec, service);
  return [
    !allow.has("setuid") && ["NoNewPrivileges", "yes"],
    ["ProtectSystem", "strict"],
    paths.some((path) => /^\/(home|root|run\/user)(\/|$)/.test(path))
      ? ["ProtectHome", "read-only", "the application lives under a home directory"]
      : ["ProtectHome", "yes"],
    // In a private /tmp the application itself would be out of sight.
    !paths.some((path) => /^(\/var)?\/tmp(\/|$)/.test(path)) && ["PrivateTmp", "yes"],
    ["ProtectKernelTunables", "yes"],
    ["ProtectKernelModules", "yes"],
    ["ProtectControlGroups", "yes"],
    !allow.has("realtime") && ["RestrictRealtime", "yes"],
    !allow.has("namespaces") && ["RestrictNamespaces", "yes"],
    !allow.has("setuid") && ["RestrictSUIDSGID", "yes"],
    ["LockPersonality", "yes"],
  ];
}

function strictLines(needs: Needs, service: ProgramKeys, target: Target): (Line | false)[] {
  const { allow, runtime, root, capabilities } = needs;
  const devices = allow.has("devices");
  const mayWriteCode = !plainMemory.has(runtime) || allow.has("write-and-execute-memory");
  return [
    !devices && ["PrivateDevices", "yes"],
    !devices && ["DevicePolicy", "closed"],
    ["PrivateIPC", "yes"],
    ["PrivateMounts", "yes"],
    // A user namespace takes capabilities on the host's own network away, and root's reach with it.
    capabilities.length === 0 && !root && !allow.has("setuid") && ["PrivateUsers", "yes"],
    !devices && ["ProtectClock", "yes"],
    ["ProtectHostname", "yes"],
    ["ProtectKernelLogs", "yes"],
    ["ProtectProc", "invisible"],
    ["RemoveIPC", "yes"],
    ["KeyringMode", "private"],
    !mayWriteCode && [
      "MemoryDenyWriteExecute",
      "yes",
      `runtime ${runtime} does not write machine code while it runs`,
    ],
    ["SystemCallArchitectures", "native"],
    ...systemCalls(needs, target),
    ["RestrictAddressFamilies", addressFamilies(allow, service, runtime)],
    ["UMask", "0077"],
  ];
}

function addWritablePaths(
  unit: UnitBuilder,
  spec: Spec,
  path: PathOf,
  service: ProgramKeys,
  level: Level,
): void {
  if (level === "off") return;
  for (const [index, directory] of writtenPaths(spec, service).entries()) {
    unit.add("Service", "ReadWritePaths", quotePathItem(directory), path("writes", index));
  }
}
