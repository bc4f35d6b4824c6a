import { expect, test } from "vitest";
import { whyNotYet } from "./why-not-yet.ts";

/** Prepares with one answer after another, as a machine that is busy now and then. */
function answering(answers: readonly (string | null | Error)[]): {
  prepare: () => Promise<string | null>;
  asked: () => number;
} {
  let asked = 0;
  const prepare = async (): Promise<string | null> => {
    const answer = answers[asked++]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { prepare, asked: () => asked };
}

const late = new Error("no answer from the copy within 30 s");
const never = new AbortController().signal;

test("one answer that does not come costs a second attempt, and not the fault", async () => {
  const { prepare, asked } = answering([late, null]);
  expect(await whyNotYet(never, prepare)).toBeNull();
  expect(asked()).toBe(2);
});

test("two that do not come cost this fault, and say why; the report of the others is kept", async () => {
  const { prepare } = answering([late, late]);
  expect(await whyNotYet(never, prepare)).toBe(`the rehearsal itself failed before it: ${late.message}`);
});

test("what is still broken is no reason to try again", async () => {
  const { prepare, asked } = answering(["bot was not ready before it"]);
  expect(await whyNotYet(never, prepare)).toBe("bot was not ready before it");
  expect(asked()).toBe(1);
});

test("an interrupt is passed on at once", async () => {
  const { prepare, asked } = answering([late, null]);
  await expect(whyNotYet(AbortSignal.abort(), prepare)).rejects.toBe(late);
  expect(asked()).toBe(1);
});
