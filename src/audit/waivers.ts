import type { Directive } from "../compile/artifact.ts";
import type { AuditedProgram } from "./facts.ts";

/** What the strict preset leaves open to everybody, and why. */
const preset: Readonly<Record<string, string>> = {
  "RootDirectory=/RootImage=": "the preset: the program needs the libraries of this host",
  "ProcSubset=": "the preset: runtimes read /proc/cpuinfo and /proc/meminfo to size their pools",
  "PrivateNetwork=": "the preset: network: full is the default",
  "IPAddressDeny=": "the preset: network: full is the default",
  "DeviceAllow=":
    "the preset: systemd itself lets a service with ProtectClock= or encrypted credentials read such a device",
  "RestrictAddressFamilies=~AF_UNIX": "the preset: name lookup and logging go by local sockets",
  "RestrictAddressFamilies=~AF_(INET|INET6)": "the preset: network: full is the default",
  "MemoryDenyWriteExecute=": "the preset: runtimes that write machine code end at once under it",
};

/** Which of allow: opens what. */
const openedBy: readonly (readonly [allowance: string, RegExp])[] = [
  ["devices", /^(PrivateDevices|DeviceAllow|DevicePolicy|ProtectClock)=/],
  ["realtime", /^RestrictRealtime=|CAP_SYS_\(NICE/],
  ["namespaces", /^RestrictNamespaces=|@mount/],
  [
    "setuid",
    /^(NoNewPrivileges|RestrictSUIDSGID|PrivateUsers|CapabilityBoundingSet|LockPersonality|SystemCall)/,
  ],
  ["write-and-execute-memory", /^MemoryDenyWriteExecute=/],
  ["all-system-calls", /^SystemCallFilter=/],
  ["packet-sockets", /AF_PACKET|CAP_NET_\(BIND|^AmbientCapabilities=|^PrivateUsers=/],
  ["netlink", /AF_NETLINK/],
];

/** Why a part of the sandbox is off, and who said so: the spec with its line, a drop-in, the runtime, or the preset. Pure. */
export function waiverOf(
  directive: string,
  {
    service,
    artifact,
    hardening,
    dropIns,
  }: Pick<AuditedProgram, "service" | "artifact" | "hardening" | "dropIns">,
  root: boolean,
): string {
  const key = directive.split("=")[0]!;
  const at = hardening?.at == null ? "" : ` (${hardening.at.file}:${hardening.at.line})`;
  const own = artifact.directives.filter((one) => one.section === "Service" && one.key === key);
  const outside = dropIns.get(key);
  if (outside !== undefined) return `a drop-in: ${outside}`;
  const allowed = openedBy.find(([name, opens]) => hardening?.allow.includes(name) && opens.test(directive));
  if (allowed) return `hardening.allow: ${allowed[0]}${at}`;
  if (root && /^(User=|CapabilityBoundingSet|PrivateUsers|SupplementaryGroups)/.test(directive))
    return "user: root, with allow-root";
  if (hardening?.level === "off") return `hardening: off${at}`;
  if (hardening?.level === "basic" && own.length === 0) return `hardening: basic${at}`;
  if (key === "MemoryDenyWriteExecute" && own.length === 0)
    return `runtime ${service.runtime} writes machine code while it runs`;
  const said = own.at(-1);
  if (said !== undefined && "at" in said.because) return place(said);
  return preset[directive] ?? (said === undefined ? "the preset does not set it" : place(said));
}

function place({ because, key, value }: Directive): string {
  const set = value === "" ? `${key}=` : `${key}=${value}`;
  return "at" in because ? `${because.at.file}:${because.at.line}, as ${set}` : `${because.rule}, as ${set}`;
}
