import { expect, test } from "vitest";
import { resultOfEnd } from "./end-run.ts";

// What systemd sets for ExecStopPost=: $SERVICE_RESULT, $EXIT_CODE, $EXIT_STATUS (systemd.exec(5)).
const endings: readonly [string, string, string][] = [
  ["success", "exited", "0"],
  // SuccessExitStatus= calls it one.
  ["success", "exited", "3"],
  ["exit-code", "exited", "1"],
  ["exit-code", "exited", "203"],
  ["signal", "killed", "KILL"],
  ["core-dump", "dumped", "SEGV"],
  ["timeout", "killed", "TERM"],
  ["timeout", "exited", "0"],
  ["oom-kill", "killed", "KILL"],
  ["resources", "", ""],
];
const expected = [
  "succeeded: exit code 0",
  "succeeded: exit code 3",
  "failed: exit code 1",
  "failed: 203/EXEC: the program is missing, is not executable, or its interpreter (first line) is missing",
  "failed: killed by KILL",
  "failed: dumped by SEGV",
  "timed-out: it took longer than its time-out",
  "timed-out: it took longer than its time-out",
  "failed: it needed more memory than its limit",
  "failed: systemd could not prepare it; most often an environment file is missing",
];

test.each(endings.map((ending, index) => [...ending, expected[index]!] as const))(
  "%s, %s %s is %s",
  (serviceResult, exitCode, exitStatus, meant) => {
    const end = resultOfEnd({ serviceResult, exitCode, exitStatus, stopped: false });
    expect(`${end?.result}: ${end?.reason}`).toBe(meant);
  },
);

test.each(endings)("%s, %s %s after a stop is cancelled, even when it looks like success", (...ending) => {
  const [serviceResult, exitCode, exitStatus] = ending;
  const end = resultOfEnd({ serviceResult, exitCode, exitStatus, stopped: true });
  expect(end?.result).toBe("cancelled");
  expect(end?.reason).toMatch(/^it was stopped: \w/);
});

test("what the gate did not let run has no end: the gate has recorded it", () => {
  for (const stopped of [true, false])
    expect(
      resultOfEnd({ serviceResult: "exec-condition", exitCode: "exited", exitStatus: "1", stopped }),
    ).toBeNull();
});
