import { createHash } from "node:crypto";
import { isRunning, type HostState } from "./host-state.ts";

/** Equal states have equal hashes. Whether a unit runs counts; whether it is just starting does not. */
export function hashHostState(state: HostState): string {
  const units = Object.values(state.units).map((u) => [
    u.unit,
    u.enabled,
    u.fragment,
    u.dropIns,
    u.needsReload,
    isRunning(u.active),
  ]);
  const text = JSON.stringify([
    Object.entries(state.files)
      .map((entry) => JSON.stringify(entry))
      .toSorted(),
    units.map((unit) => JSON.stringify(unit)).toSorted(),
    Object.entries(state.directories)
      .map((entry) => JSON.stringify(entry))
      .toSorted(),
    state.missingParents,
    Object.keys(state.stamps).toSorted(),
    Object.entries(state.credentials)
      .map((entry) => JSON.stringify(entry))
      .toSorted(),
    state.outdated,
    state.foreign,
    state.accountExists,
    state.missingGroups,
  ]);
  return createHash("sha256").update(text).digest("hex");
}
