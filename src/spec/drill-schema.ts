import * as v from "valibot";
import { key } from "./key-doc.ts";
import { duration } from "./read-values.ts";
import { oneOf } from "./values.ts";

/** What may be done to the live host, by the names of holdfast drill --fault. */
export const drillFaults = [
  "crash",
  "crash-group",
  "crash-child",
  "ended-from-outside",
  "storm",
  "freeze",
  "stale",
  "deaf",
  "journald-restarted",
  "agent-killed",
  "emergency",
  "reboot",
] as const;

export type DrillFault = (typeof drillFaults)[number];

/** How often somebody is to see the application fail here, and for how long what he saw counts. */
export const drillSchema = v.strictObject({
  every: key(duration(), {
    meaning:
      "How often a drill is due. Nothing is done without a person: status, doctor and a message say that it is overdue.",
    default: "never due",
    becomes: "app-drill.timer, which says it once a day",
    example: "90d",
  }),
  faults: key(v.array(oneOf(...drillFaults)), {
    meaning: "The faults that are to be drilled so often, each of them.",
    default: "any one",
    example: "[crash, freeze]",
  }),
  evidence: key(duration(), {
    meaning: "How old what a rehearsal or a drill has shown may be; older evidence is stale.",
    default: "90d",
    example: "180d",
  }),
});

export type DrillSpec = v.InferOutput<typeof drillSchema>;
