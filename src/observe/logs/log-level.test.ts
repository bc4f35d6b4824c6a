import { describe, expect, test } from "vitest";
import { isAtLeast, levelOfMessage, levelOfPriority, type Level } from "./log-level.ts";

const examples: Readonly<Record<Level | "none", readonly string[]>> = {
  error: [
    "ERROR cannot reach the exchange",
    "ERROR: cannot reach it",
    "Error: cannot reach it",
    "[error] cannot reach it",
    "[ERROR] cannot reach it",
    "<error> cannot reach it",
    "2026-01-01 12:00:00 ERROR cannot reach it",
    "2026-01-01 12:00:00,123 - polybot.trader - ERROR - cannot reach it",
    "2026-01-01T12:00:00.123Z ERROR cannot reach it",
    "2026-01-01 12:00:00.123 | ERROR    | app:main:12 - cannot reach it",
    "[2026-01-01 12:00:00 +0000] [123] [CRITICAL] worker timed out",
    "2026/01/01 12:00:00 [error] 12#0: *1 connect() failed",
    "12:00:00 [main] ERROR com.example.App - cannot reach it",
    "E1121 08:00:00.000000 123 main.cc:10] cannot reach it",
    "CRITICAL:root:out of money",
    "\u001B[31mERROR\u001B[0m cannot reach it",
    '{"level":"error","msg":"x"}',
    '{"severity":"CRITICAL","message":"x"}',
    '{"level":50,"msg":"x"}',
    '{"level":3,"short_message":"x"}',
    '{"log":{"level":"fatal"},"message":"x"}',
    '{"lvl":"eror","msg":"x"}',
    '{"level":"error","msg":"cut off in the mid',
    'time="2026-01-01T12:00:00Z" level=error msg="cannot reach it"',
    "Traceback (most recent call last):",
    "ValueError: invalid literal",
    "requests.exceptions.ConnectionError: refused",
    "panic: runtime error: index out of range",
    'Exception in thread "main" java.lang.IllegalStateException',
    "SEVERE: cannot reach it",
  ],
  warning: [
    "2026-01-01 12:00:00 WARNING slow answer",
    "WARN slow answer",
    "warning: slow answer",
    "[warn] slow answer",
    '{"level":"warn","msg":"x"}',
    '{"level":40,"msg":"x"}',
  ],
  info: [
    "INFO:root:started",
    "INFO started",
    '{"level":30,"msg":"x"}',
    '{"levelname":"INFO"}',
    "[notice] ready",
  ],
  debug: ["DEBUG cycle", '{"level":"trace","msg":"x"}', '{"level":20,"msg":"x"}', "level=debug msg=x"],
  none: [
    "cycle 12 done",
    "error rates went down",
    "Got ERROR from the server, trying again",
    "no errors found",
    "Information for users",
    '{"msg":"no level"}',
    "{not json}",
    "",
    "log entries: 12",
    "12 ERRORS",
  ],
};

describe.each(Object.entries(examples))("%s", (level, messages) => {
  test.each(messages)("%s", (message) => {
    expect(levelOfMessage(message) ?? "none").toBe(level);
  });
});

test("priorities of syslog and the order of levels", () => {
  expect([0, 3, 4, 5, 6, 7].map(levelOfPriority)).toEqual([
    "error",
    "error",
    "warning",
    "info",
    "info",
    "debug",
  ]);
  expect(isAtLeast("error", "warning")).toBe(true);
  expect(isAtLeast("info", "warning")).toBe(false);
  expect(isAtLeast("info", "info")).toBe(true);
});
