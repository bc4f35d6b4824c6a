import { expect, test } from "vitest";
import type { DrillRule } from "../../compile/drill.ts";
import { drillFaults } from "../../spec/drill-schema.ts";
import type { Rehearsed } from "../../store/rehearsals.ts";
import { allFaults } from "../faults.ts";
import { checkDrillDue, describeDrillDue, judgeDrillDue } from "./drill-due.ts";

const day = 86_400_000;
const now = Date.UTC(2027, 0, 30);
const since = now - 200 * day;

const rule = (faults: DrillRule["faults"], every: number | null = 90 * day): DrillRule => ({
  every,
  faults,
  evidence: 90 * day,
});

const drilled = (
  fault: string,
  ago: number,
  over: Partial<Pick<Rehearsed, "kind" | "spec">> & {
    verdict?: Rehearsed["verdicts"][number]["verdict"];
  } = {},
): Rehearsed => ({
  app: "polybot",
  kind: over.kind ?? "drill",
  environment: null,
  spec: over.spec ?? "s1",
  artifacts: null,
  systemd: "257.1",
  at: now - ago * day,
  verdicts: [{ fault, service: "bot", verdict: over.verdict ?? "kept" }],
});

const judged = (faults: DrillRule["faults"], ...drills: Rehearsed[]) =>
  judgeDrillDue(rule(faults), drills, since, now)!;

test("none is due where the spec does not ask for any", () => {
  expect(judgeDrillDue(null, [], since, now)).toBeNull();
  expect(judgeDrillDue(rule([], null), [], since, now)).toBeNull();
});

test("what was never drilled is due so long after the spec began to ask for it", () => {
  const found = judged(["crash"]);
  expect(found).toEqual({ due: since + 90 * day, overdue: true, faults: ["crash"] });
  expect(describeDrillDue(found)).toBe("drill overdue since 2026-10-12: crash");
  expect(judgeDrillDue(rule(["crash"]), [], now - day, now)).toMatchObject({ overdue: false });
});

test("each fault has its own day, and all that are overdue are named", () => {
  const found = judged(["crash", "freeze", "deaf"], drilled("crash", 10), drilled("freeze", 95));
  expect(found).toEqual({ due: since + 90 * day, overdue: true, faults: ["freeze", "deaf"] });
  expect(checkDrillDue("polybot", rule([]), found, now)).toMatchObject({
    result: "warning",
    fix: "holdfast drill polybot --fault freeze deaf",
  });
});

test("without names any drill will do, and the newest counts", () => {
  const found = judged([], drilled("deaf", 10), drilled("crash", 100));
  expect(found).toEqual({ due: now + 80 * day, overdue: false, faults: [] });
  expect(checkDrillDue("polybot", rule([]), found, now)).toMatchObject({
    result: "ok",
    found: "next drill due 2027-04-20, in 80 d",
  });
});

test("a drill of an earlier spec counts, a broken one too, and neither a rehearsal nor what could not be tried", () => {
  const isOverdue = (one: Rehearsed) => judged(["crash"], one).overdue;
  expect(isOverdue(drilled("crash", 10, { spec: "s0" }))).toBe(false);
  expect(isOverdue(drilled("crash", 10, { verdict: "broken" }))).toBe(false);
  expect(isOverdue(drilled("crash", 10, { kind: "rehearsal" }))).toBe(true);
  expect(isOverdue(drilled("crash", 10, { verdict: "not-rehearsed" }))).toBe(true);
});

test("a spec can ask for every fault that a drill knows, and for no other", () => {
  const ofServices = allFaults.filter((fault) => fault.drill === true).map(({ id }) => id);
  expect(drillFaults.toSorted()).toEqual([...ofServices, "emergency", "reboot"].toSorted());
});
