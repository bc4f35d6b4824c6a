import { expect, test } from "vitest";
import { isError } from "./lint.ts";
import { lintRules } from "./rules.ts";
import { lintExample } from "./test-example.ts";

test("every rule has a name of its own", () => {
  const ids = lintRules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

for (const rule of lintRules) {
  test(`${rule.id}: the bad example has it`, () => {
    const found = lintExample(rule.bad, lintRules).filter((one) => one.rule === rule);
    expect(found.length).toBeGreaterThan(0);
    for (const { file, start, end, says } of found) {
      expect(says).not.toBe("");
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThan(start);
      expect(end).toBeLessThanOrEqual(file.text.length);
    }
  });
  test(`${rule.id}: the good example has neither it nor another error`, () => {
    const found = lintExample(rule.good, lintRules);
    expect(
      found
        .filter((one) => one.rule === rule || isError(one.level))
        .map((one) => `${one.rule.id}: ${one.says}`),
    ).toEqual([]);
  });
}
