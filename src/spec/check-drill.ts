import type { Diagnostic } from "../report/diagnostic.ts";
import { describeDuration } from "../value/duration.ts";
import type { Spec } from "./spec.ts";

/** The unit that says that a drill is due has this name; see compileDrill. */
const reserved = "drill";

const shortest = 24 * 3_600_000;

/** Checks that a drill has something to be done to, and its own name. */
export function checkDrill(spec: Spec): Diagnostic[] {
  const { drill } = spec;
  if (drill === undefined) return [];
  const faults = drill.faults ?? [];
  return [
    ...faults.flatMap((fault, index): Diagnostic[] => {
      const kind = fault === "reboot" ? null : fault === "emergency" ? "jobs" : "services";
      if (kind === null || Object.keys(spec[kind]).length > 0) return [];
      return [
        {
          severity: "error",
          code: "spec/nothing-to-drill",
          summary: `Cannot drill ${fault}: the file declares no ${kind}`,
          at: spec.placeOf(["drill", "faults", index]),
          fix: "take it away",
        },
      ];
    }),
    ...(drill.every !== undefined && drill.every < shortest
      ? [
          {
            severity: "error" as const,
            code: "spec/drill-too-often",
            summary: `Cannot have a drill due every ${describeDuration(drill.every)}: it is looked at once a day`,
            at: spec.placeOf(["drill", "every"]),
            fix: "every: 1d, or more",
          },
        ]
      : []),
    ...(["services", "jobs"] as const)
      .filter((kind) => Object.hasOwn(spec[kind], reserved))
      .map((kind): Diagnostic => ({
        severity: "error",
        code: "spec/name-taken",
        summary: `Cannot use the name "${reserved}" for a ${kind === "jobs" ? "job" : "service"}: the unit that says when a drill is due has it`,
        at: spec.placeOf([kind, reserved], "key"),
        fix: "rename it",
      })),
  ];
}
