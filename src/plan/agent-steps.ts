import type { Desired } from "./desired.ts";
import { isRunning, type HostState } from "./host-state.ts";
import type { FileChange, Step } from "./plan.ts";

/** Last of all, when there is something to watch. A running agent sees new rules by itself, and is not restarted for them. */
export function startAgent(
  desired: Desired | null,
  state: HostState,
  changed: readonly FileChange[],
): Step[] {
  const unit = desired?.agent ?? null;
  if (unit === null) return [];
  if (!isRunning(state.units[unit]?.active))
    return [{ kind: "start", unit, because: "it watches", mayMake: [] }];
  const differs = changed.some((change) => change.unit === unit);
  return differs ? [{ kind: "restart", unit, because: "its unit has changed", mayMake: [] }] : [];
}
