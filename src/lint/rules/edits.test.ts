import { expect, test } from "vitest";
import { fixUnits } from "../fix-units.ts";
import { isError, type Found } from "../lint.ts";
import type { Example } from "../rule.ts";
import { lintRules } from "../rules.ts";
import { lintExample } from "../test-example.ts";

/** The example after the edits of one rule, made as `--fix` makes them. */
function fixed(example: Example, found: readonly Found[]): Exclude<Example, string> {
  const given = typeof example === "string" ? { units: { [found[0]!.file.path]: example } } : example;
  const after = fixUnits(found).map(({ before, after: { text } }) => [before.path, text] as const);
  return { ...given, units: { ...given.units, ...Object.fromEntries(after) } };
}

for (const rule of lintRules) {
  const found = lintExample(rule.bad, lintRules).filter(
    (one) => one.rule === rule && one.edits !== undefined,
  );
  if (found.length === 0) continue;
  test(`${rule.id}: --fix takes the mistake away and makes no other`, () => {
    const before = new Set(lintExample(rule.bad, lintRules).map((one) => one.rule.id));
    const after = lintExample(fixed(rule.bad, found), lintRules);
    expect(
      after.filter((one) => one.rule === rule && one.edits !== undefined).map(({ says }) => says),
    ).toEqual([]);
    const fresh = after.filter((one) => isError(one.level) && !before.has(one.rule.id));
    expect(fresh.map((one) => `${one.rule.id}: ${one.says}`)).toEqual([]);
  });
}
