import { expect, test } from "vitest";
import type { Rehearsed } from "../../store/rehearsals.ts";
import { checkEvidence } from "./check-evidence.ts";
import { describeEvidence, judgeEvidence, type InForce } from "./judge-evidence.ts";

const day = 86_400_000;
const now = 200 * day;
const inForce: InForce = {
  spec: "s1",
  environment: null,
  artifacts: "a1",
  systemd: "257.1",
  evidence: 90 * day,
};

const report = (over: Partial<Rehearsed> = {}): Rehearsed => ({
  app: "polybot",
  kind: "rehearsal",
  environment: null,
  spec: "s1",
  artifacts: "a1",
  systemd: "257.1",
  at: now - 3 * day,
  verdicts: [
    { fault: "crash", service: "bot", verdict: "kept" },
    { fault: "freeze", service: "bot", verdict: "broken" },
    { fault: "reboot", service: null, verdict: "kept" },
  ],
  ...over,
});

const judged = (...reports: Rehearsed[]) => judgeEvidence(reports, inForce, now);

test("nothing tried is unknown, not good and not bad", () => {
  const evidence = judged();
  expect(evidence.state).toBe("missing");
  expect(checkEvidence("polybot", evidence, now)).toMatchObject({
    result: "unknown",
    found: "never rehearsed",
    fix: "holdfast rehearse",
  });
});

test("evidence for the spec in force says when, what and for what", () => {
  const evidence = judged(report());
  expect(describeEvidence(evidence, now)).toBe("rehearsed 3 d ago: 2 kept, 1 broken; for the spec in force");
  expect(checkEvidence("polybot", evidence, now)).toMatchObject({ result: "failed" });
  expect(checkEvidence("polybot", evidence, now).found).toContain("bot freeze");
});

test.each([
  ["the spec", { spec: "s0" }, "the spec has changed since"],
  ["what is installed", { artifacts: "a0" }, "what the spec becomes on this host has changed"],
  ["systemd", { systemd: "252.1" }, "it was with systemd 252.1, and this host has 257.1"],
  ["the environment", { environment: "staging" }, "it was of environment staging"],
  ["time", { at: now - 91 * day }, "it is older than 90 d"],
] as const)("evidence goes stale with %s", (_, over, why) => {
  const evidence = judged(report(over));
  expect(evidence).toMatchObject({ state: "stale" });
  expect(evidence.why).toContain(why);
  expect(checkEvidence("polybot", evidence, now).result).toBe("warning");
});

test("how old it may be is what the spec says", () => {
  const old = report({ at: now - 20 * day });
  expect(judgeEvidence([old], { ...inForce, evidence: 14 * day }, now).why).toBe("it is older than 14 d");
  expect(judgeEvidence([old], { ...inForce, evidence: 30 * day }, now).state).toBe("fresh");
});

test("a fault that is rehearsed again replaces its own verdict and no other", () => {
  const again = report({ at: now - day, verdicts: [{ fault: "freeze", service: "bot", verdict: "kept" }] });
  const evidence = judged(again, report());
  expect(evidence).toMatchObject({ state: "fresh", counts: { kept: 3, broken: 0 }, at: now - day });
  expect(checkEvidence("polybot", evidence, now).result).toBe("ok");
});

test("what could not be tried does not hide what was seen", () => {
  const skipped = report({
    at: now - day,
    verdicts: [{ fault: "freeze", service: "bot", verdict: "not-rehearsed" }],
  });
  expect(judged(skipped, report()).broken).toEqual(["bot freeze"]);
});

test("a newer report of another spec does not take away the evidence for this one", () => {
  expect(judged(report({ at: now - day, spec: "s2" }), report())).toMatchObject({
    state: "fresh",
    at: now - 3 * day,
  });
});

test("a drill is told apart", () => {
  expect(describeEvidence(judged(report({ kind: "drill", at: now - day }), report()), now)).toContain(
    "drilled 1 d ago",
  );
});
