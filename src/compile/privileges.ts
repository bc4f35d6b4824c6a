import type { Runtime } from "../spec/defaults.ts";
import type { allowances } from "../spec/hardening-schema.ts";
import type { Path } from "../spec/tree.ts";
import type { Place } from "../report/diagnostic.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
import type { Target } from "./target.ts";

export type Level = "off" | "basic" | "strict";
export type Allowance = (typeof allowances)[number];

/** The cause is a path into the spec, a rule in words, or a line of a profile. */
export type Line = readonly [key: string, value: string, cause?: Path | string | { at: Place }];
/** What decides about the privileges of a service. */
export type Needs = {
  allow: ReadonlySet<Allowance>;
  runtime: Runtime;
  root: boolean;
  /** The few capabilities that a service under an account of its own needs, each with its reason. */
  capabilities: readonly (readonly [name: string, rule: string])[];
};

/** These list network interfaces by netlink at one point or another. */
const needsNetlink: ReadonlySet<Runtime> = new Set<Runtime>(["node", "bun", "deno", "go", "other"]);

/** Under an account of its own a service has no capability but these. */
export function neededCapabilities(
  allow: ReadonlySet<Allowance>,
  service: ProgramKeys,
): Needs["capabilities"] {
  const found: (readonly [string, string])[] = [];
  if ((service.ports ?? []).some((port) => port < 1024))
    found.push(["CAP_NET_BIND_SERVICE", "a declared port is below 1024"]);
  if (allow.has("packet-sockets")) found.push(["CAP_NET_RAW", "packet sockets are allowed"]);
  return found;
}

/** What a service needs it gets at every level; strict takes the rest away for good. A setuid program needs root's own. */
export function capabilityLines({ allow, root, capabilities }: Needs, level: Level): Line[] {
  if (root) return [];
  const names = capabilities.map(([name]) => name).join(" ");
  const rule = capabilities.map(([, why]) => why).join(", ") || undefined;
  const line = (key: string): Line => (rule === undefined ? [key, names] : [key, names, rule]);
  const strict = level === "strict";
  return [
    ...(strict && !allow.has("setuid") ? [line("CapabilityBoundingSet")] : []),
    ...(strict || names !== "" ? [line("AmbientCapabilities")] : []),
  ];
}

/** A denied call returns EPERM: the default kills Node 20, Deno, Bun and Go at start (measured). V8 asks for memory protection keys. */
export function systemCalls({ allow, root }: Needs, target: Target): Line[] {
  if (allow.has("all-system-calls")) return [];
  const keys = target.systemd >= 247 ? "@pkey" : "pkey_alloc pkey_free pkey_mprotect";
  const again = [
    allow.has("realtime") && "sched_setattr sched_setparam sched_setscheduler",
    allow.has("namespaces") && "@mount",
    allow.has("setuid") && root && "@setuid",
  ].filter((calls) => calls !== false);
  return [
    ["SystemCallFilter", `@system-service ${keys}`],
    ["SystemCallFilter", `~@privileged @resources`],
    ...(again.length === 0 ? [] : [["SystemCallFilter", again.join(" ")] as const]),
    ["SystemCallErrorNumber", "EPERM", "a denied system call fails instead of killing the program"],
  ];
}

export function addressFamilies(
  allow: ReadonlySet<Allowance>,
  service: ProgramKeys,
  runtime: Runtime,
): string {
  if (service.network === "none") return "AF_UNIX";
  const families = ["AF_UNIX", "AF_INET", "AF_INET6"];
  if (needsNetlink.has(runtime) || allow.has("netlink")) families.push("AF_NETLINK");
  if (allow.has("packet-sockets")) families.push("AF_PACKET");
  return families.join(" ");
}

/** What network: says holds at every level. */
export function networkLines(path: PathOf, { network }: ProgramKeys, level: Level, target: Target): Line[] {
  const cause = path("network");
  // A user service with several commands cannot share a network of its own among them, so it gets no sockets for one.
  if (network === "none" && target.scope === "user")
    return level === "strict" ? [] : [["RestrictAddressFamilies", "AF_UNIX", cause]];
  if (network === "none") return [["PrivateNetwork", "yes", cause]];
  if (network !== "local") return [];
  return [
    ["IPAddressDeny", "any", cause],
    ["IPAddressAllow", "localhost", cause],
  ];
}
