import type { Line } from "./privileges.ts";

/**
 * Directives that a user service cannot have, or that do nothing there (measured on systemd 252). PrivateIPC= ends it with
 * 226 when it has more than one command: the second may not enter the namespace of the first.
 */
const notInUserScope = new Set([
  "DevicePolicy",
  "CapabilityBoundingSet",
  "AmbientCapabilities",
  "PrivateIPC",
  // For the same reason; only a profile learned in system scope can bring it here.
  "PrivateNetwork",
  "ProtectProc",
  "IPAddressDeny",
  "IPAddressAllow",
]);

/**
 * Without a user namespace of its own a user service ignores these silently, or ends with 218/CAPABILITIES; with one it
 * has them (measured on systemd 252).
 */
export const needsUserNamespace = new Set([
  "NoExecPaths",
  "PrivateDevices",
  "PrivateMounts",
  "PrivateTmp",
  "ProtectClock",
  "ProtectControlGroups",
  "ProtectHome",
  "ProtectHostname",
  "ProtectKernelLogs",
  "ProtectKernelModules",
  "ProtectKernelTunables",
  "ProtectSystem",
]);

/**
 * A service without CAP_SYS_ADMIN gets NoNewPrivileges= with any of these (systemd.exec(5)), and a setuid program then
 * runs as whoever called it.
 */
export const impliesNoNewPrivileges = new Set([
  "NoNewPrivileges",
  "LockPersonality",
  "MemoryDenyWriteExecute",
  "PrivateDevices",
  "ProtectClock",
  "ProtectHostname",
  "ProtectKernelLogs",
  "ProtectKernelModules",
  "ProtectKernelTunables",
  "RestrictAddressFamilies",
  "RestrictNamespaces",
  "RestrictRealtime",
  "RestrictSUIDSGID",
  "SystemCallArchitectures",
  "SystemCallErrorNumber",
  "SystemCallFilter",
]);

/** Would it do nothing, or keep the service from starting, in user scope? */
export function isLostInUserScope(key: string, lines: readonly Line[]): boolean {
  const hasNamespace = lines.some(([other]) => other === "PrivateUsers");
  return notInUserScope.has(key) || (needsUserNamespace.has(key) && !hasNamespace);
}
