import { expect, test } from "vitest";
import { resultOfEnd } from "./end-run.ts";

// What systemd sets for ExecStopPost=: $SERVICE_RESULT, $EXIT_CODE, $EXIT_STATUS (systemd.exec(5)).
test.each([
  ["success", "exited", "0", "succeeded: exit code 0"],
  // RestartForceExitStatus= and the like do not apply; SuccessExitStatus= may call another code a success.
  ["success", "exited", "3", "succeeded: exit code 3"],
  ["success", "killed", "TERM", "cancelled: it was stopped with SIGTERM"],
  ["exit-code", "exited", "1", "failed: exit code 1"],
  ["exit-code", "exited", "203", "failed: exit code 203"],
  ["signal", "killed", "KILL", "failed: killed by KILL"],
  ["core-dump", "dumped", "SEGV", "failed: dumped by SEGV"],
  ["timeout", "killed", "TERM", "timed-out: it took longer than its time-out"],
  ["timeout", "exited", "0", "timed-out: it took longer than its time-out"],
  ["oom-kill", "killed", "KILL", "failed: it needed more memory than its limit"],
  ["resources", "", "", "failed: resources"],
  ["", "", "", "failed: "],
])("%s, %s %s is %s", (serviceResult, exitCode, exitStatus, expected) => {
  const end = resultOfEnd({ serviceResult, exitCode, exitStatus });
  expect(`${end?.result}: ${end?.reason}`).toBe(expected);
});

test("what the gate did not let run has no end: the gate has recorded it", () => {
  expect(resultOfEnd({ serviceResult: "exec-condition", exitCode: "exited", exitStatus: "1" })).toBeNull();
});
