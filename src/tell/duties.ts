import type { Duty } from "./review-facts.ts";
import type { PolicyRule } from "../compile/tell-rule.ts";

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
