import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makeLinearPattern } from "./linear-pattern.ts";

function pattern(written: string): RegExp {
  const made = makeLinearPattern(written);
  if (!made.ok) throw new Error(made.expected);
  return made.value;
}

test.each([
  ["(a+)+$", "a".repeat(60_000) + "!"],
  ["^(\\w+\\s?)*$", "word ".repeat(10_000) + "!"],
  ["(a|aa)+$", "a".repeat(60_000) + "!"],
  ["x*x*x*x*x*x*y", "x".repeat(60_000)],
  ["a{0,300}a{0,300}a{0,300}$", "a".repeat(8192) + "!"],
])("%s is over within a second on a text made to hold it up", (written, text) => {
  // Of the processor, which other programs do not make longer; what backtracks takes for ever.
  const began = process.cpuUsage();
  pattern(written).test(text);
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1000).toBeLessThan(1000);
});

test.each([
  ["(a)\\1", "it has a back reference"],
  ["(?<a>x)\\k<a>", "it has a back reference"],
  ["(?=a)b", "it looks around"],
  ["(?<!a)b", "it looks around"],
  ["(?i:error)", "it has modifiers"],
  ["(a{1,30}){1,30}$", "multiply to more than 16"],
  ["(", "Unterminated group"],
])("%s is refused, in words", (written, words) => {
  const made = makeLinearPattern(written);
  expect(made.ok ? "" : made.expected).toContain(words);
});

test.each([
  ["^0x[0-9a-f]{40}$", `0x${"9f".repeat(20)}`, `0x${"9f".repeat(20)}0`],
  ["^\\d{20,}$", "1".repeat(33), "1".repeat(19)],
  ["^\\x41{17,40}?$", "A".repeat(40), "A".repeat(41)],
  ["^\\[a]{20}$", `[a${"]".repeat(20)}`, "[a]".repeat(20)],
  ["^[\\]]{18}$", "]".repeat(18), "]".repeat(17)],
])("counts over 16 mean what they say: %s", (written, yes, no) => {
  expect([pattern(written).test(yes), pattern(written).test(no)]).toEqual([true, false]);
});

test("a pattern finds what the same regular expression of JavaScript finds", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    ".",
    "\\d",
    "\\w",
    "[ab]",
    "[^a]",
    "a{3,18}",
    "\\d{17}",
    "b{2,}?",
    "(a|b)*",
    "(?:ab)+",
    "^",
    "$",
    "\\bb",
    "\\[",
    "a{17,}",
    "\\x61{20}",
  );
  const text = fc.string({ unit: fc.constantFrom("a", "b", "1", " ", "["), maxLength: 60 });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), text, (pieces, subject) => {
      const written = pieces.join("");
      expect(pattern(written).exec(subject)?.[0]).toBe(new RegExp(written).exec(subject)?.[0]);
    }),
  );
});
