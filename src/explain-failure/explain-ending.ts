import { signalName, type Ending, type Explanation } from "../value/exit-status.ts";
import { exitCodeName, exitCodes } from "./exit-codes.ts";
import { results } from "./results.ts";
import { inVoice, type Told, type Voice } from "./voice.ts";

/** Says in one sentence how it ended, and what to do, from nothing but the ending itself. */
export function explainEnding(ending: Ending, voice: Voice = "spec"): Explanation {
  return inVoice(tell(ending), voice);
}

function tell({ result, code, status }: Ending): Told {
  const special = results[result];
  if (special && (result !== "resources" || code === "")) return special;
  if (code === "killed" || code === "dumped") return tellSignal(status, code === "dumped");
  if (code === "exited") return tellExit(status);
  return { sentence: result === "success" ? "it ended cleanly" : `systemd reports "${result}"`, unit: null };
}

/** An exit code by itself: systemd's own, a shell's, or the program's. */
export function tellExit(status: number): Told {
  const own = exitCodes[status];
  if (own) return { ...own, sentence: `${exitCodeName(status)}: ${own.sentence}` };
  if (status === 127)
    return {
      sentence: "exit code 127: a program that it wanted to run was not found",
      unit: "see the last lines of its log; a service has a short PATH, so write the whole path",
    };
  if (status === 126)
    return {
      sentence: "exit code 126: a program that it wanted to run is there, but could not be run",
      unit: "see the last lines of its log; chmod +x on the program, and check the first line of a script",
    };
  if (status === 143)
    return {
      sentence: "exit code 143: it ended on SIGTERM, in the way of Java and of shells (128 + 15)",
      unit: "when that was a stop, it is no fault: SuccessExitStatus=143",
      spec: "when that was a stop, it is no fault; otherwise see who sent the signal",
    };
  if (status === 137)
    return {
      sentence:
        "exit code 137: a process that it ran was killed with SIGKILL (128 + 9), most often for lack of memory",
      unit: "see: journalctl -k -g oom-kill; raise MemoryMax=, or look for a leak",
      spec: "see: journalctl -k -g oom-kill; raise limits.memory, or look for a leak",
    };
  if (status > 128 && status < 128 + 32)
    return {
      sentence: `exit code ${status}: a process that it ran was ended by ${signalName(status - 128)} (128 + ${status - 128})`,
      unit: "see the last lines of its log",
    };
  if (status === 0)
    return {
      sentence: "it ended by itself with exit code 0",
      unit: "a service should run on; work that ends is Type=oneshot with a timer",
      spec: "a service should run on; for work that ends, use a job",
    };
  return { sentence: `it ended with exit code ${status}`, unit: "see the last lines of its log" };
}

/** A signal by itself. */
function tellSignal(signal: number, dumped: boolean): Told {
  const dump = dumped ? " (core dumped)" : "";
  switch (signal) {
    case 9:
      return {
        sentence:
          "it was killed with SIGKILL: by the kernel for lack of memory, by a stop that took too long, or by hand",
        unit: "see: journalctl -k -g oom-kill",
        spec: "see: holdfast diagnose",
      };
    case 31:
      return {
        sentence: `it was killed with SIGSYS${dump}: the system-call filter does not allow what it did`,
        unit: "SystemCallErrorNumber=EPERM lets the call fail instead; or allow it in SystemCallFilter=",
        spec: "hardening: { allow: [all-system-calls] }",
      };
    case 5:
      return {
        sentence: `it was killed with SIGTRAP${dump}: V8 does this when it may not write machine code`,
        unit: "remove MemoryDenyWriteExecute=yes",
        spec: "hardening: { allow: [write-and-execute-memory] }",
      };
    default:
      return {
        sentence: `it was killed with ${signalName(signal)}${dump}`,
        unit: signal === 11 || signal === 6 ? "the program crashed: see the last lines of its log" : null,
      };
  }
}
