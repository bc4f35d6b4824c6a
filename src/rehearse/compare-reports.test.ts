import { expect, test } from "vitest";
import { styleFor } from "../report/style.ts";
import { compareReports, isWorse, makeComparison } from "./compare-reports.ts";
import type { Outcome } from "./outcome.ts";
import type { Report } from "./rehearse.ts";
import { describeComparison } from "./report/comparison-text.ts";
import { toJunit } from "./report/junit.ts";

const outcome = (
  fault: string,
  verdict: Outcome["verdict"],
  recover: number | null = null,
  more: Partial<Outcome> = {},
): Outcome => ({
  fault,
  title: `${fault} is done`,
  service: "bot",
  verdict,
  promise: "",
  because: "",
  says: `${fault} ${verdict}`,
  fix: null,
  detect: null,
  recover,
  told: [],
  timeline: [],
  millis: 0,
  ...more,
});
const report = (systemd: string, outcomes: readonly Outcome[]) =>
  ({ app: "shop", spec: "0".repeat(64), at: 0, millis: 1000, systemd, outcomes }) as unknown as Report;

const before = report("252", [
  outcome("crash", "kept", 500),
  outcome("freeze", "kept", 900),
  outcome("deaf", "kept", 800),
  outcome("mends", "gap"),
  outcome("fades", "kept"),
  outcome("memory", "kept"),
  outcome("old", "gap"),
  outcome("needless", "not-rehearsed"),
]);
const after = report("257", [
  outcome("crash", "kept", 1400),
  outcome("freeze", "broken"),
  outcome("deaf", "kept", 5000),
  outcome("mends", "kept"),
  outcome("fades", "not-rehearsed"),
  outcome("memory", "not-rehearsed", null, { lacks: "limits" }),
  outcome("new", "kept"),
  outcome("needless", "not-rehearsed"),
]);

test("each difference is told for what it is, and a busy moment is none", () => {
  const found = compareReports(before, after);
  expect(Object.fromEntries(found.map(({ fault, difference }) => [fault, difference]))).toEqual({
    crash: "same",
    freeze: "worse",
    deaf: "slower",
    mends: "better",
    fades: "unknown",
    memory: "machine",
    old: "unknown",
    needless: "same",
    new: "unknown",
  });
});

const plain = styleFor({ isTTY: false } as NodeJS.WriteStream);

test("what is worse comes first, and what this machine cannot show is not blamed on the upgrade", () => {
  const comparison = makeComparison(before, after, "/srv/next");
  expect(isWorse(comparison)).toBe(true);
  const text = describeComparison(comparison, plain);
  expect(text).toContain("systemd 252 -> 257: 2 of 9 come out the same, 1 is worse");
  expect(text).toContain("bot freeze: kept -> broken");
  expect(text.indexOf("bot freeze")).toBeLessThan(text.indexOf("bot fades"));
  expect(text.split("\n").at(-2)).toContain("no fault of the other tree");
  expect(text.split("\n").at(-1)).toBe("  bot memory");
  const junit = toJunit(comparison);
  expect(junit).toContain(
    'name="holdfast rehearse shop --compare" tests="10" failures="1" errors="0" skipped="4"',
  );
  expect(junit.match(/<testsuite /g)).toHaveLength(3);
});

test("only what this machine lacks is nothing worse", () => {
  const same = report("257", [outcome("memory", "not-rehearsed", null, { lacks: "limits" })]);
  const comparison = makeComparison(report("252", [outcome("memory", "kept")]), same, "/srv/next");
  expect(isWorse(comparison)).toBe(false);
});

test("a tree on which the application does not come up is worse, whatever was seen here", () => {
  const trouble = [{ severity: "error" as const, code: "x/y", summary: "no python3 <there>", fix: "get it" }];
  const comparison = makeComparison(before, null, "/srv/next", trouble);
  expect(isWorse(comparison)).toBe(true);
  expect(describeComparison(comparison, plain)).toContain(
    "does not come up there\n  no python3 <there>\n  Fix: get it",
  );
  expect(toJunit(comparison)).toContain('<failure message="no python3 &lt;there&gt;" type="broken">');
});

test("a machine that was busy in one of the two is no difference of every fault", () => {
  const timed = (factor: number, last: number) => {
    const usual = [1, 2, 3, 4, 5].map((each) => outcome(`f${each}`, "kept", each * 1000 * factor));
    return report("x", [...usual, outcome("odd", "kept", last)]);
  };
  const comparison = makeComparison(timed(1, 1000), timed(4, 20_000), "/srv/next");
  expect(
    comparison.differences.filter(({ difference }) => difference === "slower").map(({ fault }) => fault),
  ).toEqual(["odd"]);
  expect(describeComparison(comparison, plain)).toContain("4.0 times as long");
});
