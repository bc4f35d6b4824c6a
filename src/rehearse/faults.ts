import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { CopyKind } from "./boot-copy.ts";
import { nearest } from "../spec/nearest.ts";
import { isOfServices, type AnyFault } from "./fault.ts";
import { appArmorFault } from "./faults/app-armor.ts";
import { clockFault } from "./faults/clock.ts";
import { crashLoopFaults } from "./faults/crash-loops.ts";
import { crashFaults } from "./faults/crashes.ts";
import { freezeFaults } from "./faults/freezes.ts";
import { databaseFaults } from "./faults/databases.ts";
import { diskFaults } from "./faults/disks.ts";
import { holdfastFaults } from "./faults/holdfast.ts";
import { jobFaults } from "./faults/jobs.ts";
import { leftBehindFault } from "./faults/left-behind.ts";
import { lateBootFault } from "./faults/late-boot.ts";
import { limitFaults } from "./faults/limits.ts";
import { logFaults } from "./faults/log-silence.ts";
import { memoryHighFault } from "./faults/memory-high.ts";
import { missingFaults } from "./faults/missing.ts";
import { neighbourFaults } from "./faults/neighbours.ts";
import { reloadFaults } from "./faults/reload.ts";
import { startFaults } from "./faults/starts.ts";
import { staleFault } from "./faults/stale.ts";
import { stallFaults } from "./faults/stalls.ts";
import { stormFault } from "./faults/storm.ts";
import { upstreamFaults } from "./faults/upstreams.ts";

/** Everything that can be broken; what ends all services comes last. */
export const allFaults: readonly AnyFault[] = [
  ...crashFaults,
  ...crashLoopFaults,
  stormFault,
  ...freezeFaults,
  ...stallFaults,
  ...logFaults,
  staleFault,
  leftBehindFault,
  ...limitFaults,
  memoryHighFault,
  ...diskFaults,
  ...missingFaults,
  ...reloadFaults,
  ...startFaults,
  appArmorFault,
  ...databaseFaults,
  ...upstreamFaults,
  ...jobFaults,
  ...holdfastFaults,
  clockFault,
  ...neighbourFaults,
  // Its clock stays a day ahead.
  lateBootFault,
];

/** What a copy with a kernel of its own is booted for: what nothing else can show, and what is truer there. */
const ofOwnKernel = new Set(["reboot", "power-cut"]);
const needsOwnKernel = (fault: AnyFault): boolean => isOfServices(fault) && fault.needs === "own-kernel";
const isOfOwnKernel = (fault: AnyFault): boolean => ofOwnKernel.has(fault.id) || needsOwnKernel(fault);

/**
 * The faults that were asked for; with "all" everything; without names those of the standard suite, or in a virtual machine what it
 * is needed for.
 */
export function chooseFaults(names: readonly string[], copy: CopyKind = "namespaces"): AnyFault[] {
  if (names.length === 0)
    return allFaults.filter((fault) => (copy === "namespaces" ? fault.standard : isOfOwnKernel(fault)));
  if (names.includes("all")) return [...allFaults];
  const unknown = names.filter((name) => !allFaults.some(({ id }) => id === name));
  if (unknown.length > 0)
    throw new HoldfastError(
      unknown.map((name) => {
        const near = nearest(
          name,
          allFaults.map(({ id }) => id),
        );
        return {
          severity: "error" as const,
          code: "rehearse/unknown-fault",
          summary: `Cannot rehearse "${name}": there is no such fault`,
          fix: near === undefined ? "see all of them: holdfast rehearse --list" : `--fault ${near}`,
        };
      }),
      exitCode.usage,
    );
  const chosen = allFaults.filter(({ id }) => names.includes(id));
  const beyond = copy === "namespaces" ? chosen.filter(needsOwnKernel) : [];
  if (beyond.length > 0)
    throw new HoldfastError(
      {
        severity: "error",
        code: "rehearse/needs-virtual-machine",
        summary: `Cannot rehearse ${beyond.map(({ id }) => `"${id}"`).join(", ")} on a copy that shares this machine's kernel and clock`,
        fix: "on a virtual machine: holdfast rehearse --vm --fault ...",
      },
      exitCode.usage,
    );
  return chosen;
}
