import { expect, test } from "vitest";
import { newCheckState, type Verdict } from "./check-state.ts";
import { fingerprint, keepKnown } from "./keep-known.ts";
import { takeReading } from "./step.ts";
import { checkRule, looks, noon, said, serviceState, throughJson, watchRule } from "./test-rules.ts";

const there = { ...looks.http, url: "http://localhost:1/there" };
const rule = watchRule([checkRule("http", there)]);
const stateOf = (verdict: Verdict, looksAt: string | null) => ({ ...newCheckState(0), verdict, looksAt });
const here = fingerprint(looks.http);

test.each<[string, Parameters<typeof stateOf>, boolean, string[]]>([
  ["the same look is known", ["failing", fingerprint(throughJson(there))], true, []],
  ["what was never looked at by this version is taken as the same", ["failing", null], true, []],
  ["another look begins anew", ["ok", here], false, []],
  ["one that never said anything, too", ["pending", here], false, []],
  ["a failure ends with its look", ["failing", here], false, ["check-changed http"]],
  ["so does one that could not be told", ["unknown", here], false, ["check-changed http"]],
])("%s", (_, state, known, ended) => {
  const kept = keepKnown(rule, { http: stateOf(...state), gone: stateOf("failing", here) }, noon);
  expect(Object.keys(kept.checks)).toEqual(known ? ["http"] : []);
  expect(kept.ended.map(({ kind, check }) => `${kind} ${check}`)).toEqual(ended);
  expect(kept.ended.every(({ at }) => at === noon)).toBe(true);
});

test("a reading says what was looked at", () => {
  const { state } = takeReading(rule, serviceState(noon), "http", said("ok"), noon);
  expect(state.checks["http"]!.looksAt).toBe(fingerprint(there));
});
