import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { nearest } from "../spec/nearest.ts";
import type { AnyFault } from "./fault.ts";
import { crashFaults } from "./faults/crashes.ts";
import { freezeFaults } from "./faults/freezes.ts";
import { databaseFaults } from "./faults/databases.ts";
import { holdfastFaults } from "./faults/holdfast.ts";
import { jobFaults } from "./faults/jobs.ts";
import { missingFaults } from "./faults/missing.ts";
import { neighbourFaults } from "./faults/neighbours.ts";
import { resourceFaults } from "./faults/resources.ts";
import { surroundingFaults } from "./faults/surroundings.ts";
import { upstreamFaults } from "./faults/upstreams.ts";

function isNoLoop({ id }: AnyFault): boolean {
  return !id.endsWith("crash-loop");
}

/** Everything that can be broken; what ends all services comes last. */
export const allFaults: readonly AnyFault[] = [
  ...crashFaults.filter(isNoLoop),
  ...freezeFaults,
  ...resourceFaults,
  ...missingFaults,
  ...surroundingFaults.filter(isNoLoop),
  ...databaseFaults,
  ...upstreamFaults,
  // A breaker of the agent remembers crashes for hours: after a loop the next one opens it at once.
  ...[...crashFaults, ...surroundingFaults].filter((fault) => !isNoLoop(fault)),
  ...jobFaults,
  ...holdfastFaults,
  ...neighbourFaults,
];

/** Faults that DESIGN promises and that a rehearsal cannot do yet, and why: said in every report. */
export const notYet: Readonly<Record<string, string>> = {
  "busy-loop": "needs the program's help, or a debugger",
  clock: "a throwaway host shares the machine's clock: it needs a virtual machine",
  "memory-high": "needs version 2 control groups: it needs a virtual machine here",
  "log-silence": "to what watches it a log that falls silent is a freeze: --fault freeze",
  "late-boot": "a throwaway host shares the machine's clock",
};

/** The faults that were asked for; without names those of the standard suite, with "all" everything. */
export function chooseFaults(names: readonly string[]): AnyFault[] {
  if (names.length === 0) return allFaults.filter(({ standard }) => standard);
  if (names.includes("all")) return [...allFaults];
  const unknown = names.filter((name) => !allFaults.some(({ id }) => id === name));
  if (unknown.length > 0)
    throw new HoldfastError(
      unknown.map((name) => {
        const near = nearest(
          name,
          allFaults.map(({ id }) => id),
        );
        const why = notYet[name];
        return {
          severity: "error" as const,
          code: "rehearse/unknown-fault",
          summary:
            why === undefined
              ? `Cannot rehearse "${name}": there is no such fault`
              : `Cannot rehearse "${name}" yet: ${why}`,
          fix: near === undefined ? "see all of them: holdfast rehearse --list" : `--fault ${near}`,
        };
      }),
      exitCode.usage,
    );
  return allFaults.filter(({ id }) => names.includes(id));
}
