import type { Plan } from "../plan/plan.ts";
import type { Records } from "../store/records.ts";

/** After a change: units that it has started and seen ready, or removed, have not given up any more. */
export function settleGiveUps(plan: Plan, records: Records, who: string, at: Date): void {
  const units =
    plan.to === null
      ? records.openGiveUps(plan.app).map(({ unit }) => unit)
      : plan.steps.flatMap((step) => (step.kind === "start" || step.kind === "restart" ? step.unit : []));
  for (const unit of units) records.closeGiveUps(unit, who, at.toISOString());
}
