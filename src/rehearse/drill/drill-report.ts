import { hostname } from "node:os";
import type { Generation } from "../../store/generations.ts";
import { specSaidBy } from "../evidence/judge-evidence.ts";
import type { Outcome } from "../outcome.ts";
import type { Report } from "../rehearse.ts";

/** The report of a drill that is no fault of a service: the same shape, so that it is kept and shown in the same way. */
export function drillReport(
  generation: Generation,
  parts: Pick<Report, "systemd" | "at" | "millis" | "outcomes">,
): Report {
  const { desired } = generation;
  return {
    app: desired.app,
    environment: desired.environment,
    spec: specSaidBy(generation),
    machine: hostname(),
    live: true,
    upMillis: 0,
    shortened: [],
    standIns: [],
    notYet: {},
    ...parts,
  };
}

/** What most of an outcome is when nobody looked at it from moment to moment. */
export function plainOutcome(
  outcome: Pick<Outcome, "fault" | "title" | "service" | "verdict" | "promise" | "because" | "says"> &
    Partial<Outcome>,
): Outcome {
  return { fix: null, detect: null, recover: null, told: [], timeline: [], millis: 0, ...outcome };
}
