import { expect, test } from "vitest";
import type { Properties } from "../host/host.ts";
import { unitName } from "../value/unit-name.ts";
import { explainFailure } from "./explain-failure.ts";
import { failedCommand } from "./failed-command.ts";
import type { FailureFacts } from "./failure-facts.ts";
import { startLimitHides } from "./start-limit.ts";

const second = 1_000_000n;

/** A command as systemd answers it: it ran as process 7 and ended so. */
const ended = (path: string, code: number, status: number) => [
  [path, [path], false, 0n, 0n, 0n, 0n, 7, code, status],
];

function explain(properties: Properties, more: Partial<FailureFacts> = {}) {
  const command = startLimitHides(failedCommand(properties));
  const facts = { unit: unitName("x.service"), voice: "unit", properties, command } as const;
  return explainFailure({ ...facts, culprits: [], said: null, call: null, ...more });
}

const exit = (status: number): Properties => ({
  Result: "exit-code",
  ExecMainCode: 1,
  ExecMainStatus: status,
});
const killed = (signal: number): Properties => ({
  Result: "signal",
  ExecMainCode: 2,
  ExecMainStatus: signal,
});

test("what was found wrong takes the place of what may be wrong", () => {
  const culprits = [{ what: "/opt/x does not exist", fix: "make it" }];
  expect(explain(exit(203), { culprits })).toEqual({
    sentence: "203/EXEC: /opt/x does not exist",
    fix: "make it",
  });
  expect(explain(exit(203)).sentence).toContain("missing, is not executable, or");
  expect(explain(exit(226), { said: "Failed to do it" }).sentence).toBe(
    "226/NAMESPACE: the sandbox could not be made; systemd says: Failed to do it",
  );
});

test("the command that failed is named, before and after the start", () => {
  const main = { Result: "exit-code", ExecMainCode: 2, ExecMainStatus: 15 };
  expect(explain({ ...main, ExecStartPost: ended("/bin/late", 1, 3) }).sentence).toBe(
    "the command after its start failed: /bin/late ended with exit code 3",
  );
  const early = {
    Result: "exit-code",
    ExecMainCode: 0,
    ExecMainStatus: 0,
    ExecStartPre: ended("/bin/early", 2, 11),
  };
  expect(explain(early).sentence).toBe(
    "the check before its start refused: /bin/early was killed with SIGSEGV",
  );
  // A command after the end does not explain why it ended.
  expect(explain({ ...exit(4), ExecStopPost: ended("/bin/post", 1, 1) }).sentence).toContain("exit code 4");
});

test("a file that is needed is not blamed when systemd did not come so far as to look for it", () => {
  const test = (status: number) => ({
    Result: "exit-code",
    ExecMainCode: 0,
    ExecMainStatus: 0,
    ExecStartPre: [["/usr/bin/test", ["/usr/bin/test", "-r", "/opt/x"], false, 0n, 0n, 0n, 0n, 7, 1, status]],
  });
  const culprits = [{ what: "the credential KEY cannot be read", fix: "put it there" }];
  expect(explain(test(1)).sentence).toContain("it needs /opt/x");
  expect(explain(test(243), { culprits })).toEqual({
    sentence: "243/CREDENTIALS: the credential KEY cannot be read",
    fix: "put it there",
  });
});

test("a time-out to start, to run and to stop are told apart", () => {
  const limits = { Result: "timeout", TimeoutStartUSec: 90n * second, TimeoutStopUSec: 5n * second };
  const at = (began: bigint, up: bigint, down: bigint) => ({
    InactiveExitTimestampMonotonic: began * second,
    ActiveEnterTimestampMonotonic: up * second,
    ActiveExitTimestampMonotonic: down * second,
  });
  expect(explain({ ...limits, ...at(100n, 40n, 50n), Type: "notify" }).sentence).toContain(
    "READY=1) within 1 min 30 s",
  );
  expect(explain({ ...limits, ...at(100n, 0n, 0n), Type: "oneshot" }).sentence).toContain(
    "its work was not done",
  );
  expect(explain({ ...limits, ...at(100n, 101n, 200n) }).sentence).toContain("did not end within 5 s");
  expect(explain({ ...limits, ...at(100n, 101n, 200n), RuntimeMaxUSec: 60n * second }).sentence).toContain(
    "RuntimeMaxSec",
  );
});

test("giving up is told with what each start failed for", () => {
  const { sentence, fix } = explain(
    {
      ...exit(203),
      Result: "start-limit-hit",
      StartLimitBurst: 3,
      StartLimitIntervalUSec: 60n * second,
    },
    { culprits: [{ what: "/opt/x does not exist", fix: "make it" }] },
  );
  expect(sentence).toBe(
    "systemd gave up: more than 3 starts within 1 min; the last time 203/EXEC: /opt/x does not exist",
  );
  expect(fix).toBe("make it");
});

test("SIGSYS names the call, or says why it cannot", () => {
  const call = {
    at: 0,
    number: 165,
    name: "mount",
    architecture: "x86_64",
    process: "",
    program: "",
    group: "@mount",
  };
  expect(explain(killed(31), { call })).toEqual({
    sentence:
      "it was killed with SIGSYS: the system-call filter does not allow mount (number 165 on x86_64, of systemd's group @mount)",
    fix: "SystemCallFilter=mount; or SystemCallErrorNumber=EPERM, so that the call fails instead of killing the program",
  });
  const inSpec = (one: object) => explain(killed(31), { voice: "spec", call: { ...call, ...one } }).fix;
  expect(inSpec({})).toBe("hardening: { allow: [namespaces] }");
  expect(inSpec({ name: "sched_setscheduler", group: "@resources" })).toBe(
    "hardening: { allow: [realtime] }",
  );
  expect(inSpec({ name: "reboot", group: "@reboot" })).toBe("hardening: { allow: [all-system-calls] }");
  expect(explain(killed(31), { call: "unknown" }).sentence).toContain("could not be told");
  expect(explain(killed(31)).sentence).toContain("did not write down which");
});

test("SIGTRAP is blamed on MemoryDenyWriteExecute= only where that is set", () => {
  expect(explain({ ...killed(5), MemoryDenyWriteExecute: true }).fix).toBe(
    "remove MemoryDenyWriteExecute=yes",
  );
  expect(explain({ ...killed(5), MemoryDenyWriteExecute: false }).sentence).toContain("it is not that");
});
