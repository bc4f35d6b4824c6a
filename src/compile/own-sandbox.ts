import type { UnitBuilder } from "./unit-builder.ts";

/**
 * What the agent and the notifier are shut in with. They write the record and ask systemd, and the agent writes the
 * run-time units of a heal, so nothing here closes /var, /run or the network.
 */
const ownSandbox: readonly (readonly [string, string])[] = [
  ["NoNewPrivileges", "yes"],
  ["ProtectSystem", "full"],
  ["ProtectKernelModules", "yes"],
  ["ProtectKernelTunables", "yes"],
  ["ProtectControlGroups", "yes"],
  ["RestrictRealtime", "yes"],
  ["RestrictSUIDSGID", "yes"],
  ["LockPersonality", "yes"],
  ["SystemCallArchitectures", "native"],
];

/** Shuts a resident unit of Holdfast's own in, as far as its work allows. */
export function addOwnSandbox(unit: UnitBuilder, reason: string): void {
  for (const [key, value] of ownSandbox) unit.add("Service", key, value, reason);
}
