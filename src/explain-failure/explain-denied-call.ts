import type { Explanation } from "../value/exit-status.ts";
import { printable } from "../value/printable.ts";
import type { DeniedCall } from "./denied-call.ts";
import type { FailureFacts } from "./failure-facts.ts";

/** SIGSYS: which system call it was, in which of systemd's groups it is, and the line that allows it. */
export function explainDeniedCall({ command, call, voice }: FailureFacts): Explanation {
  const dump = command.ending.code === "dumped" ? " (core dumped)" : "";
  const killed = `it was killed with SIGSYS${dump}`;
  if (call === null || call === "unknown") {
    const why =
      call === null
        ? "the kernel did not write down which"
        : "which one could not be told, because the kernel's messages cannot be read here";
    return {
      sentence: `${killed}: the system-call filter does not allow what it did; ${why}`,
      fix:
        voice === "spec" ? "hardening: { allow: [all-system-calls] }" : `${softer}, and see what fails then`,
    };
  }
  const who = call.process === "" ? "" : `, which ${printable(call.process)} called`;
  if (call.name === null)
    return {
      sentence: `${killed}: system call ${call.number} of ${printable(call.architecture)} is not allowed${who}`,
      fix:
        voice === "spec"
          ? "hardening: { allow: [all-system-calls] }"
          : "a program for another architecture needs it in SystemCallArchitectures=",
    };
  const group = call.group === null ? "" : `, of systemd's group ${call.group}`;
  return {
    sentence: `${killed}: the system-call filter does not allow ${call.name} (number ${call.number} on ${call.architecture}${group})${who}`,
    fix: voice === "spec" ? inSpec(call) : `SystemCallFilter=${call.name}; or ${softer}`,
  };
}

const softer = "SystemCallErrorNumber=EPERM, so that the call fails instead of killing the program";

/** The narrowest allowance of a spec that lets the call through. */
function inSpec({ name, group }: DeniedCall): string {
  const allowance = name!.startsWith("sched_set")
    ? "realtime"
    : group === "@mount"
      ? "namespaces"
      : group === "@setuid"
        ? "setuid"
        : "all-system-calls";
  return `hardening: { allow: [${allowance}] }`;
}
