import type { Check } from "../check.ts";
import { describeProbation, type Probation } from "./judge-probation.ts";

/** The promise that what was installed or changed has run well for a while. */
export function checkProbation(one: Probation & { service: string }, now: number): Check {
  const base = {
    id: "probation",
    service: one.service,
    promise: "it has proved itself since it was changed",
    found: describeProbation(one, now),
  };
  switch (one.state) {
    case "passed":
      return { ...base, result: "ok", fix: null };
    case "running":
      return { ...base, result: "unknown", fix: null };
    case "failed":
      return {
        ...base,
        result: "failed",
        fix: "mend the cause and apply: a new probation begins",
      };
  }
}
