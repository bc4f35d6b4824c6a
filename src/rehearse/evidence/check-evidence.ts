import type { Check } from "../../observe/check.ts";
import { describeEvidence, type Evidence } from "./judge-evidence.ts";

/** The promise that somebody has seen this application fail and come back. */
export function checkEvidence(app: string, evidence: Evidence, now: number): Check {
  const base = { id: "rehearsed", service: app, promise: "its promises were seen to hold when things break" };
  const found = describeEvidence(evidence, now);
  switch (evidence.state) {
    case "missing":
      return { ...base, result: "unknown", found, fix: "holdfast rehearse" };
    case "stale":
      return { ...base, result: "warning", found, fix: "holdfast rehearse" };
    case "fresh":
      return evidence.broken.length === 0
        ? { ...base, result: "ok", found, fix: null }
        : {
            ...base,
            result: "failed",
            found: `${found}: ${evidence.broken.join(", ")}`,
            fix: "holdfast rehearse --last",
          };
  }
}
