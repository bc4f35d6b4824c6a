import type { PolicyRule } from "../compile/tell-rule.ts";
import type { Reviews } from "../store/reviews.ts";
import type { Incident } from "./incident.ts";
import type { Duty } from "./review-facts.ts";

/**
 * Records the duties of its policy; those that are there already stay as they are. May be called again when it got worse,
 * in the transaction of whoever found that out.
 */
export function putDuties(reviews: Reviews, { id, policy }: Pick<Incident, "id" | "policy">): void {
  reviews.addDuties(id, dutiesToAdd(policy, reviews.duties(id)));
}

/** Duties of a policy that are not among those on record, numbered after them. */
export function dutiesToAdd(policy: PolicyRule, known: readonly Duty[]): Duty[] {
  const isKnown = (level: string | null, says: string): boolean =>
    known.some((duty) => duty.level === level && duty.says === says);
  const wanted = policy.steps.flatMap(({ level, duties }) => duties.map((says) => ({ level, says })));
  const first = known.reduce((most, { number }) => Math.max(most, number), 0) + 1;
  return wanted
    .filter(
      ({ level, says }, index) =>
        !isKnown(level, says) &&
        wanted.findIndex((other) => other.level === level && other.says === says) === index,
    )
    .map(({ level, says }, index) => ({ number: first + index, level, says, done: null, who: null }));
}
