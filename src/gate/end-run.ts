import { exitCodeName, exitCodes } from "../explain-failure/exit-codes.ts";
import { results } from "../explain-failure/results.ts";
import type { RunResult } from "../store/runs.ts";

/** How a run ended, from what systemd tells ExecStopPost= (systemd.exec(5), $SERVICE_RESULT). */
export type ServiceEnd = {
  serviceResult: string;
  exitCode: string;
  exitStatus: string;
  /** Somebody, or the shutdown of the host, stopped it. */
  stopped: boolean;
};

/** Null when the gate did not let it run: that is recorded already. */
export function resultOfEnd({
  serviceResult,
  exitCode,
  exitStatus,
  stopped,
}: ServiceEnd): { result: RunResult; reason: string } | null {
  if (serviceResult === "exec-condition") return null;
  const how = describeExit(serviceResult, exitCode, exitStatus);
  // Even one that ended cleanly when it was asked to has not done its work.
  if (stopped) return { result: "cancelled", reason: `it was stopped: ${how}` };
  switch (serviceResult) {
    case "success":
      return { result: "succeeded", reason: how };
    case "timeout":
      return { result: "timed-out", reason: "it took longer than its time-out" };
    case "oom-kill":
      return { result: "failed", reason: "it needed more memory than its limit" };
    default:
      return { result: "failed", reason: how };
  }
}

function describeExit(serviceResult: string, exitCode: string, exitStatus: string): string {
  if (exitCode === "") return results[serviceResult]?.sentence ?? serviceResult;
  if (exitCode !== "exited") return `${exitCode} by ${exitStatus}`;
  // It was not even started, and what its log says is nothing.
  const own = exitCodes[Number(exitStatus)];
  return own === undefined
    ? `exit code ${exitStatus}`
    : `${exitCodeName(Number(exitStatus))}: ${own.sentence}`;
}
