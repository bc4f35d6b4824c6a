import { expect, test } from "vitest";
import { expectationOf, whatBroke, type RunFacts } from "./verdict.ts";

const good: RunFacts = {
  start: null,
  ended: null,
  checks: { http: { ok: true, says: "status 200" }, dns: { ok: false, says: "no answer" } },
  exercised: [{ command: "curl", status: 0, signal: null, says: "" }],
  reload: "",
  stop: "success",
  output: "12:00:01 cannot write /sys: Permission denied (pid 12)\n",
  readyAfter: 10,
  stopTook: 5,
};
const expected = expectationOf(good);

test("a run as good as the one without a sandbox passes, also with other numbers in its log", () => {
  expect(
    whatBroke({ ...good, output: "12:30:59 cannot write /sys: Permission denied (pid 99)\n" }, expected),
  ).toBeNull();
});

test("what its owner refused already may be refused by the sandbox, and a killed run has no stop", () => {
  const output = "12:30:59 cannot write /sys: Read-only file system (pid 12)\n";
  expect(whatBroke({ ...good, output, stop: "" }, expected)).toBeNull();
});

test("a check that never worked asks nothing of the sandbox", () => {
  expect(whatBroke({ ...good, checks: { http: { ok: true, says: "" } } }, expected)).toBeNull();
});

test.each<[Partial<RunFacts>, RegExp]>([
  [{ start: "it ended with exit code 1", output: "" }, /^it ended with exit code 1$/],
  [
    { start: "it ended with exit code 1", output: "a\nb\n" },
    /^it ended with exit code 1; its last words: b$/,
  ],
  [
    { ended: "it was killed with SIGSYS", output: "x: Read-only file system\n" },
    /SIGSYS; it wrote: x: Read-only/,
  ],
  [{ checks: { http: { ok: false, says: "status 500" } } }, /^check http failed: status 500$/],
  [
    { exercised: [{ command: "curl", status: 7, signal: null, says: "refused" }] },
    /^curl ended with exit code 7: refused$/,
  ],
  [{ reload: "it ended with exit code 1" }, /^its reload failed/],
  [{ stop: "timeout" }, /^its stop ended with "timeout"$/],
  [{ output: "cache: EROFS: read-only file system, open 'x'\n" }, /^it wrote: cache: EROFS/],
])("what broke is said: %o", (change, words) => {
  expect(whatBroke({ ...good, ...change }, expected)).toMatch(words);
});
