import type { Diagnostic } from "../report/diagnostic.ts";
import type { Spec } from "./spec.ts";

/** The unit that ends a probation has this name; see compileProbation. */
const reserved = "probation";

/** Checks that a probation has something to judge, and its own name. */
export function checkProbation(spec: Spec): Diagnostic[] {
  const { probation } = spec;
  if (probation === undefined) return [];
  const at = spec.placeOf(["probation"], "key");
  const empty: Diagnostic[] =
    Object.keys(spec.services).length > 0
      ? []
      : [
          {
            severity: "error",
            code: "spec/nothing-on-probation",
            summary: "Cannot put anything on probation: the file declares no services",
            at,
            detail: "runs of jobs are judged one by one",
            fix: "take probation away",
          },
        ];
  return [
    ...empty,
    ...(["services", "jobs"] as const)
      .filter((kind) => Object.hasOwn(spec[kind], reserved))
      .map((kind): Diagnostic => ({
        severity: "error",
        code: "spec/name-taken",
        summary: `Cannot use the name "${reserved}" for a ${kind === "jobs" ? "job" : "service"}: the unit that ends the probation has it`,
        at: spec.placeOf([kind, reserved], "key"),
        fix: "rename it",
      })),
  ];
}
