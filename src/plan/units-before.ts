import { sliceUnit } from "../compile/names.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Desired } from "./desired.ts";
import { isRunning, type HostState } from "./host-state.ts";
import type { UnitBefore } from "./plan.ts";

/**
 * What undo has to know of every unit, and not only of those that a step starts or stops: after a power cut, or a crash
 * in the middle, systemd starts services by itself from files that are half of the new generation.
 */
export function unitsBefore(
  desired: Desired | null,
  previous: Desired | null,
  state: HostState,
): UnitBefore[] {
  const both = [previous, desired].filter((one) => one !== null);
  const services = both.flatMap((one) => one.services);
  const isNew = (unit: UnitName): boolean => state.units[unit]?.fragment === "";
  const units = new Set<UnitName>([
    ...both.map((one) => sliceUnit(one.app)),
    // A job that is running is let finish, and never started for its own sake.
    ...services.filter(({ job, unit }) => job === null || isNew(unit)).map(({ unit }) => unit),
    ...both.flatMap((one) => one.timers.map(({ unit }) => unit)),
    ...both.flatMap(({ agent }) => agent ?? []),
  ]);
  return [...units].map((unit) => {
    const found = state.units[unit];
    if (!found || !isRunning(found.active)) return { unit, run: null };
    // Restarting a slice would restart all that is in it.
    return { unit, run: unit.endsWith(".slice") ? "" : found.invocation };
  });
}
