import { describe, expect, test } from "vitest";
import type { Ending } from "../value/exit-status.ts";
import { explainEnding } from "./explain-ending.ts";

describe("an ending in one sentence", () => {
  test.each<[Ending, string]>([
    [{ result: "oom-kill", code: "killed", status: 9 }, "more memory than its limit"],
    [{ result: "timeout", code: "killed", status: 15 }, "time-out"],
    [{ result: "exit-code", code: "exited", status: 203 }, "203/EXEC"],
    [{ result: "exit-code", code: "exited", status: 3 }, "exit code 3"],
    [{ result: "exit-code", code: "exited", status: 127 }, "was not found"],
    [{ result: "signal", code: "killed", status: 11 }, "SIGSEGV"],
    [{ result: "core-dump", code: "dumped", status: 31 }, "SIGSYS (core dumped)"],
    [{ result: "signal", code: "killed", status: 40 }, "signal 40"],
    [{ result: "resources", code: "", status: 0 }, "could not prepare it"],
    [{ result: "start-limit-hit", code: "exited", status: 1 }, "gave up"],
    [{ result: "success", code: "", status: 0 }, "ended cleanly"],
  ])("%j", (ending, words) => expect(explainEnding(ending).sentence).toContain(words));
});
