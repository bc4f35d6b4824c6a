import { expect, test } from "vitest";
import { guessValue } from "./guess-value.ts";
import { nearest } from "./nearest.ts";
import { slugOf } from "./slug.ts";

test("the word that was meant: a third of the letters may differ, and swapped neighbours are one mistake", () => {
  const known = ["limits", "restart", "ready", "on", "a"];
  expect(["limts", "limist", "LIMITS", "restrt", "redy", "one"].map((word) => nearest(word, known))).toEqual([
    "limits",
    "limits",
    "limits",
    "restart",
    "ready",
    "on",
  ]);
  for (const far of ["memory", "x", "z", "restoration", ""]) expect(nearest(far, known)).toBeUndefined();
  expect(nearest("x", [])).toBeUndefined();
});

test("the value that was meant", () => {
  expect(guessValue("Yes", "true or false", [])).toBe("true");
  expect(guessValue("off", "true or false", [])).toBe("false");
  expect(guessValue("maybe", "true or false", [])).toBeUndefined();
  expect(guessValue("8000", "a whole number from 1 to 65535", [])).toBe("8000");
  expect(guessValue("logs", "a list, such as [a, b]", [])).toBe("[logs]");
  expect(guessValue("a, b", "a list, such as [a, b]", [])).toBeUndefined();
  expect(guessValue("alwys", "one of failure, always, never", ["failure", "always", "never"])).toBe("always");
  expect(guessValue("My Bot", "a name of lower-case letters", [])).toBe("my-bot");
});

test("a name from any text", () => {
  expect(["My Bot", "gemini_trader", "2fast", "café--x-", "--", "日本", "x".repeat(50)].map(slugOf)).toEqual([
    "my-bot",
    "gemini-trader",
    "fast",
    "cafe-x",
    "",
    "",
    "x".repeat(40),
  ]);
});
