import { isAbsolute, join } from "node:path";
import { runtimeOf, type Runtime } from "../spec/defaults.ts";
import type { Spec } from "../spec/parse-spec.ts";
import type { allowances, ServiceSpec } from "../spec/service-schema.ts";
import { quotePathItem } from "./quote.ts";
import type { Target } from "./target.ts";
import type { UnitBuilder } from "./unit-builder.ts";

type Level = "off" | "basic" | "strict";
type Allowance = (typeof allowances)[number];

export type Hardening = { level: Level; allow: ReadonlySet<Allowance>; atMost: number | null };

/** The declared hardening with defaults filled in. `atMost` is the exposure score that apply accepts. */
export function hardeningOf(service: ServiceSpec): Hardening {
  const declared = service.hardening ?? "strict";
  const block = typeof declared === "string" ? { level: declared } : declared;
  const level = block.level ?? "strict";
  const allow = new Set("allow" in block ? block.allow : []);
  const atMost = "at-most" in block ? block["at-most"] : undefined;
  // 2.0 is the promise for the untouched preset; whoever allows more sets a limit of his own.
  return { level, allow, atMost: atMost ?? (level === "strict" && allow.size === 0 ? 2 : null) };
}

/** Directives that end a user service with 218/CAPABILITIES or are ignored there (measured on systemd 252 and 257). */
const notInUserScope = new Set([
  "PrivateDevices",
  "DevicePolicy",
  "ProtectClock",
  "ProtectKernelModules",
  "ProtectKernelLogs",
  "CapabilityBoundingSet",
  "AmbientCapabilities",
  "ProtectProc",
  "PrivateIPC",
  "ProtectHostname",
  "ProtectKernelTunables",
  "ProtectControlGroups",
  "IPAddressDeny",
  "IPAddressAllow",
]);

/** V8 and friends write machine code while they run, so they die at once under MemoryDenyWriteExecute=. */
const plainMemory: ReadonlySet<Runtime> = new Set<Runtime>(["python", "go", "shell"]);
/** These list network interfaces by netlink at one point or another. */
const needsNetlink: ReadonlySet<Runtime> = new Set<Runtime>(["node", "bun", "deno", "go", "other"]);

export function addHardening(
  unit: UnitBuilder,
  spec: Spec,
  name: string,
  service: ServiceSpec,
  target: Target,
): void {
  const { level, allow } = hardeningOf(service);
  const cause =
    service.hardening === undefined ? "hardening: strict is the default" : ["services", name, "hardening"];
  if (level !== "off") {
    const dropped: string[] = [];
    for (const [key, value, rule] of directivesFor(level, allow, spec, service, target)) {
      if (target.scope === "user" && notInUserScope.has(key)) dropped.push(`${key}=`);
      else unit.add("Service", key, value, rule ?? cause);
    }
    if (dropped.length > 0) {
      unit.lose(
        `user services cannot use ${dropped.join(" ")}: run it in system scope with user: for the full protection`,
        cause,
      );
    }
  }
  addWritablePaths(unit, spec, name, service, level);
}

type Line = readonly [key: string, value: string, rule?: string];

function directivesFor(
  level: Level,
  allow: ReadonlySet<Allowance>,
  spec: Spec,
  service: ServiceSpec,
  target: Target,
): Line[] {
  const runtime = runtimeOf(service).name;
  const root = spec.user === "root";
  const lines: (Line | false)[] = [
    !allow.has("setuid") && ["NoNewPrivileges", "yes"],
    ["ProtectSystem", "strict"],
    underHome(spec, service)
      ? ["ProtectHome", "read-only", "the application lives under a home directory"]
      : ["ProtectHome", "yes"],
    ["PrivateTmp", "yes"],
    ["ProtectKernelTunables", "yes"],
    ["ProtectKernelModules", "yes"],
    ["ProtectControlGroups", "yes"],
    !allow.has("realtime") && ["RestrictRealtime", "yes"],
    !allow.has("namespaces") && ["RestrictNamespaces", "yes"],
    !allow.has("setuid") && ["RestrictSUIDSGID", "yes"],
    ["LockPersonality", "yes"],
  ];
  if (level === "strict") lines.push(...strictLines(allow, service, runtime, root, target));
  return lines.filter((line) => line !== false);
}

function strictLines(
  allow: ReadonlySet<Allowance>,
  service: ServiceSpec,
  runtime: Runtime,
  root: boolean,
  target: Target,
): (Line | false)[] {
  const privileged = (service.ports ?? []).some((port) => port < 1024);
  const devices = allow.has("devices");
  const mayWriteCode = !plainMemory.has(runtime) || allow.has("write-and-execute-memory");
  const capabilities = (key: string): Line =>
    privileged ? [key, "CAP_NET_BIND_SERVICE", "a declared port is below 1024"] : [key, ""];
  return [
    !devices && ["PrivateDevices", "yes"],
    !devices && ["DevicePolicy", "closed"],
    ["PrivateIPC", "yes"],
    ["PrivateMounts", "yes"],
    // A user namespace takes capabilities on the host's own network away, and root's reach with it.
    !privileged && !root && ["PrivateUsers", "yes"],
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
    ...systemCalls(allow, target),
    !root && capabilities("CapabilityBoundingSet"),
    !root && capabilities("AmbientCapabilities"),
    ["RestrictAddressFamilies", addressFamilies(allow, service, runtime)],
    service.network === "none" && ["PrivateNetwork", "yes"],
    service.network === "local" && ["IPAddressDeny", "any"],
    service.network === "local" && ["IPAddressAllow", "localhost"],
    ["UMask", "0077"],
  ];
}

/** A denied call returns EPERM: the default kills Node 20, Deno, Bun and Go at start (measured). V8 asks for memory protection keys. */
function systemCalls(allow: ReadonlySet<Allowance>, target: Target): (Line | false)[] {
  if (allow.has("all-system-calls")) return [];
  const keys = target.systemd >= 247 ? "@pkey" : "pkey_alloc pkey_free pkey_mprotect";
  return [
    ["SystemCallFilter", `@system-service ${keys}`],
    ["SystemCallFilter", `~@privileged @resources`],
    ["SystemCallErrorNumber", "EPERM", "a denied system call fails instead of killing the program"],
  ];
}

function addressFamilies(allow: ReadonlySet<Allowance>, service: ServiceSpec, runtime: Runtime): string {
  if (service.network === "none") return "AF_UNIX";
  const families = ["AF_UNIX", "AF_INET", "AF_INET6"];
  if (needsNetlink.has(runtime) || allow.has("netlink")) families.push("AF_NETLINK");
  if (allow.has("packet-sockets")) families.push("AF_PACKET");
  return families.join(" ");
}

function underHome(spec: Spec, service: ServiceSpec): boolean {
  return [spec.directory, ...writtenPaths(spec, service)].some((path) =>
    /^\/(home|root|run\/user)(\/|$)/.test(path),
  );
}

/** Directories the service writes to, absolute. */
export function writtenPaths(spec: Spec, service: ServiceSpec): string[] {
  return (service.writes ?? []).map((entry) =>
    resolvePath(spec, typeof entry === "string" ? entry : entry.path),
  );
}

export function resolvePath(spec: Spec, path: string): string {
  return isAbsolute(path) ? path : join(spec.directory, path);
}

function addWritablePaths(
  unit: UnitBuilder,
  spec: Spec,
  name: string,
  service: ServiceSpec,
  level: Level,
): void {
  if (level === "off") return;
  for (const [index, path] of writtenPaths(spec, service).entries()) {
    unit.add("Service", "ReadWritePaths", quotePathItem(path), ["services", name, "writes", index]);
  }
}
