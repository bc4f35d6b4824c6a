import type { RunResult } from "./decide.ts";

/** How a run ended, from what systemd tells ExecStopPost= (systemd.exec(5), $SERVICE_RESULT). */
export type ServiceEnd = { serviceResult: string; exitCode: string; exitStatus: string };

/** Null when the gate did not let it run: that is recorded already. */
export function resultOfEnd({
  serviceResult,
  exitCode,
  exitStatus,
}: ServiceEnd): { result: RunResult; reason: string } | null {
  switch (serviceResult) {
    case "exec-condition":
      return null;
    case "success":
      // A stop ends it by a signal that systemd takes for a clean end.
      return exitCode === "killed"
        ? { result: "cancelled", reason: `it was stopped with SIG${exitStatus}` }
        : { result: "succeeded", reason: `exit code ${exitStatus}` };
    case "timeout":
      return { result: "timed-out", reason: "it took longer than its time-out" };
    case "oom-kill":
      return { result: "failed", reason: "it needed more memory than its limit" };
    default: {
      const how =
        exitCode === "exited"
          ? `exit code ${exitStatus}`
          : exitCode === ""
            ? serviceResult
            : `${exitCode} by ${exitStatus}`;
      return { result: "failed", reason: how };
    }
  }
}
