import { expect, test } from "vitest";
import type { ProbationRule } from "../../compile/probation.ts";
import { describeProbation, judgeProbation, type ProbationFacts } from "./judge-probation.ts";

const hour = 3_600_000;
const since = 1_000 * hour;
const rule: ProbationRule = {
  for: 24 * hour,
  crashes: 0,
  limitHits: 0,
  heals: 0,
  falseAlarms: 0,
  enable: "after",
};
const calm: ProbationFacts = {
  since,
  crashes: [],
  limitHits: [],
  heals: [],
  giveUps: [],
  falseAlarms: [],
  spared: [],
  down: null,
};
const crash = { at: since + 2 * hour, says: "systemd restarted it: killed by SIGKILL" };

const judged = (facts: Partial<ProbationFacts>, hours: number, over: Partial<ProbationRule> = {}) =>
  judgeProbation({ ...rule, ...over }, { ...calm, ...facts }, since + hours * hour);

test("there is no verdict before the time is over, and how long it lasts is said", () => {
  const one = judged({}, 20);
  expect(one).toMatchObject({ state: "running", until: since + 24 * hour });
  expect(describeProbation(one, since + 20 * hour)).toBe("on probation for another 4 h");
});

test("nothing happened: it passes at the end of its time", () => {
  expect(judged({}, 24)).toMatchObject({ state: "passed", reasons: [] });
});

test("one crash fails it at once, with the reason", () => {
  const one = judged({ crashes: [crash] }, 3);
  expect(one).toMatchObject({ state: "failed", counts: { crashes: 1 } });
  expect(describeProbation(one, since + 3 * hour)).toBe(
    "failed its probation: 1 crash, where none may be; 2 h after the change: systemd restarted it: killed by SIGKILL",
  );
});

test("as many as the spec allows do not fail it, one more does", () => {
  expect(judged({ crashes: [crash] }, 24, { crashes: 1 }).state).toBe("passed");
  expect(judged({ crashes: [crash, crash] }, 24, { crashes: 1 }).reasons[0]).toContain(
    "2 crashes, where 1 may be",
  );
});

test.each(["limitHits", "heals", "giveUps", "falseAlarms"] as const)("%s fail it, too", (kind) => {
  expect(judged({ [kind]: [crash] }, 24)).toMatchObject({ state: "failed", counts: { [kind]: 1 } });
});

test("what happened before the change, after its time or in a drill does not count", () => {
  const crashes = [
    { at: since - 1, says: "before" },
    { at: since + 25 * hour, says: "after" },
    { at: since + hour, says: "drill" },
  ];
  expect(judged({ crashes, spared: [{ from: since + hour - 5, to: since + hour }] }, 30).state).toBe(
    "passed",
  );
});

test("what does not run at the end has not proved itself", () => {
  expect(judged({ down: "ops stopped it" }, 23).state).toBe("running");
  expect(judged({ down: "ops stopped it" }, 24).reasons).toEqual(["it does not run: ops stopped it"]);
});
