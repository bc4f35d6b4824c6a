import type { UnitName } from "../value/unit-name.ts";
import type { PlanInput, Planning } from "./plan-input.ts";
import type { Step } from "./plan.ts";

/** Whether it starts at boot is as it was before it was taken over; links of ours go while our file explains them. */
export function disableGivenBack({ givenBack, state }: Planning, unit: UnitName): Step[] {
  const before = state.units[unit]?.enabled ?? "";
  const was = givenBack.find((one) => one.unit === unit)?.enabled ?? "";
  return before === "enabled" && was !== "enabled" ? [{ kind: "disable", unit, before }] : [];
}

/** The other way round: what was enabled before it was taken over is so again. */
export function enableGivenBack({ givenBack, state }: Planning): Step[] {
  return givenBack.flatMap(({ unit, enabled }): Step[] => {
    const before = state.units[unit]?.enabled ?? "";
    return enabled === "enabled" && before !== "enabled" ? [{ kind: "enable", unit, before }] : [];
  });
}

/** An operator's word about starting at boot goes before the spec's. */
export function bootSteps({ desired, state, intents }: PlanInput): Step[] {
  const agent = desired?.agent ? [{ unit: desired.agent, enable: true }] : [];
  return [...(desired?.services ?? []), ...(desired?.timers ?? []), ...agent].flatMap((service): Step[] => {
    const before = state.units[service.unit]?.enabled ?? "";
    const want = intents.get(service.unit)?.boot ?? service.enable;
    // What has to prove itself first is enabled at the end of its probation, and not by apply.
    if (want && desired?.probation?.enable === "after" && "gate" in service) return [];
    if (want === (before === "enabled")) return [];
    return [{ kind: want ? "enable" : "disable", unit: service.unit, before }];
  });
}
