import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Act } from "./test-life-acts.ts";
import { runLife } from "./test-life.ts";

const services = ["api", "db", "feed"] as const;
const minute = 60_000;
// Often the same one, so that it comes and goes.
const service = fc.constantFrom("bot", "bot", "bot", ...services);
const scope = fc.option(service, { nil: null, freq: 2 });
const severity = fc.constantFrom("critical", "error", "warning", "info");
const source = fc.constantFrom("check", "check", "gave-up", "breaker");
const span = fc.oneof(
  fc.integer({ min: 1000, max: 5 * minute }),
  fc.integer({ min: 5 * minute, max: 120 * minute }),
  fc.integer({ min: 2 * 60 * minute, max: 30 * 60 * minute }),
);
const nth = fc.nat({ max: 5 });

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("raise"),
      service: scope,
      source,
      severity,
      mayHeal: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant("clear"), nth }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("flap"), service: scope, source }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("restarted"), service }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("note"), service, hurry: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("acknowledge"), nth }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("resolve"), nth }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("silence"),
      kind: fc.constantFrom("mute", "maintenance"),
      service: scope,
      span,
      untilResolved: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("end"),
      kind: fc.constantFrom("mute", "maintenance"),
      service: scope,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant("deliver"),
      outcomes: fc.array(fc.constantFrom("sent", "sent", "sent", "later", "maybe", "refused"), {
        maxLength: 6,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("cut"), nth }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constant("pass"), span }) },
);

const cases = Number(process.env["HOLDFAST_CASES"] ?? 150);

test(
  "whatever happens, in whatever order: nothing is told twice, out of order or without a beginning, and nothing is lost",
  { timeout: 60_000 + 200 * cases },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 60 }), fc.nat(3), async (acts, ladder) => {
        expect(await runLife(acts, ladder)).toEqual([]);
      }),
      { numRuns: cases },
    );
  },
);
