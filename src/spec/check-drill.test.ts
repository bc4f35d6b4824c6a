import { expect, test } from "vitest";
import { parseSpec } from "./parse-spec.ts";

const spec = (drill: string, programs = "services: { bot: { run: /usr/bin/true } }") =>
  parseSpec(
    `app: polybot\nuser: polybot\ndirectory: /opt/polybot\n${programs}\ndrill: ${drill}\n`,
    "holdfast.yaml",
  );
const found = (...args: Parameters<typeof spec>) => spec(...args).diagnostics.map(({ code }) => code);

test("a drill is of something that the file declares", () => {
  expect(found("{ every: 90d, faults: [crash, freeze, reboot], evidence: 30d }")).toEqual([]);
  expect(found("{ faults: [emergency] }")).toEqual(["spec/nothing-to-drill"]);
  const job = "jobs: { report: { run: /usr/bin/true } }";
  expect(found("{ faults: [emergency, reboot] }", job)).toEqual([]);
  expect(found("{ faults: [emergency, crash] }", job)).toEqual(["spec/nothing-to-drill"]);
  expect(spec("{ faults: [emergency, crash] }", job).diagnostics[0]!.at).toMatchObject({
    line: 5,
    column: 30,
  });
});

test("it is not due more often than anybody looks, and its unit has its name", () => {
  expect(found("{ every: 6h }")).toEqual(["spec/drill-too-often"]);
  expect(found("{ every: 1d }", "services: { drill: { run: /usr/bin/true } }")).toEqual(["spec/name-taken"]);
  expect(found("{ faults: [memory] }")).toEqual(["spec/bad-choice"]);
});
