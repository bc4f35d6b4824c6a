import { expect, test } from "vitest";
import { checkEnvironment } from "./check-environment.ts";
import type { PlanInput } from "./plan-input.ts";

function said(
  wanted: string | null,
  installed: string | null | undefined,
  more: Partial<PlanInput> = {},
): string | undefined {
  const of = (environment: string | null) => ({ app: "demo", environment });
  const previous = installed === undefined ? null : { number: 1, desired: of(installed) };
  const input = { desired: of(wanted), previous, purpose: "apply", ...more } as unknown as PlanInput;
  return checkEnvironment(input)[0]?.summary;
}

test.each([
  [
    "staging",
    "live",
    'Cannot apply environment "staging" of "demo": it is installed here as environment "live"',
  ],
  [null, "live", 'Cannot apply "demo" without --env: it is installed here as environment "live"'],
  ["live", null, 'Cannot apply environment "live" of "demo": it is installed here without an environment'],
  ["live", "live", undefined],
  [null, null, undefined],
  ["live", undefined, undefined],
])("%s, where %s is installed", (wanted, installed, says) => {
  expect(said(wanted, installed)).toBe(says);
});

test("a way back is to what was there, and who says so may change it", () => {
  expect(said("staging", "live", { purpose: "rollback" })).toBeUndefined();
  expect(said("staging", "live", { mayBecome: true })).toBeUndefined();
});
