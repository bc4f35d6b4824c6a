import { becauseOfItsStart, consequenceOfStart } from "./change.ts";
import type { DesiredService } from "./desired.ts";
import type { HostState } from "./host-state.ts";
import type { PlanInput } from "./plan-input.ts";
import type { FileChange, Step } from "./plan.ts";

/** What is restarted or started, and waited for. */
export function runSteps({ desired, state }: PlanInput, changes: readonly FileChange[]): Step[] {
  const steps: Step[] = changes.flatMap(({ unit, givesBack, effect }): Step[] =>
    unit && givesBack && effect === "restart"
      ? [{ kind: "restart", unit, because: "its own files are back", mayMake: [] }]
      : [],
  );
  if (!desired) return steps;
  const effects = new Map(changes.map((change) => [change.unit, change.effect]));
  for (const service of desired.services) {
    const effect = effects.get(service.unit);
    const { unit } = service;
    const wait: Step = { kind: "wait-ready", unit, service: service.name, gate: service.gate };
    const mayMake = newDirectories(service, state);
    if (effect === "restart") {
      const because = becauseOfItsStart(service, state) ?? "its unit has changed";
      steps.push({ kind: "restart", unit, because, mayMake }, wait);
    }
    if (effect === "start") {
      const because = consequenceOfStart(state.units[unit]);
      steps.push({ kind: "start", unit, because, mayMake }, wait);
    }
  }
  return steps;
}

/** Directories of its own that systemd will make for it at its start. */
export function newDirectories(service: DesiredService, state: HostState): string[] {
  return service.ownDirectories.filter((path) => state.directories[path] === null);
}
