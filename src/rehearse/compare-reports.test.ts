import { expect, test } from "vitest";
import { compareReports, describeComparison } from "./compare-reports.ts";
import type { Outcome } from "./outcome.ts";
import type { Report } from "./rehearse.ts";

const outcome = (fault: string, verdict: Outcome["verdict"], recover: number | null = null): Outcome => ({
  fault,
  title: fault,
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
});
const report = (systemd: string, outcomes: readonly Outcome[]) =>
  ({ systemd, outcomes }) as unknown as Report;

test("what differs between two trees is told, and a busy moment is no difference", () => {
  const before = report("252", [
    outcome("crash", "kept", 500),
    outcome("freeze", "kept", 900),
    outcome("deaf", "kept", 800),
    outcome("old", "gap"),
  ]);
  const after = report("257", [
    outcome("crash", "kept", 1400),
    outcome("freeze", "broken"),
    outcome("deaf", "kept", 5000),
    outcome("new", "kept"),
  ]);
  const found = compareReports(before, after);
  expect(found.filter(({ says }) => says !== null).map(({ fault }) => fault)).toEqual([
    "freeze",
    "deaf",
    "old",
    "new",
  ]);
  const text = describeComparison(before, after);
  expect(text).toContain("systemd 252 -> 257: 1 of 5 come out the same");
  expect(text).toContain("bot freeze: kept -> broken");
});
