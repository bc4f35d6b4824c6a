import { expect, test } from "vitest";
import { withFollow } from "./log-commands.ts";

const after = (...words: string[]): string[] => withFollow(["node", "holdfast", ...words]).slice(2);

test("after logs, -f is --follow, alone and in front of another letter", () => {
  expect(after("logs", "-f")).toEqual(["logs", "--follow"]);
  expect(after("logs", "bot", "-fn", "5")).toEqual(["logs", "bot", "--follow", "-n", "5"]);
  expect(after("logs", "-fn5", "--force")).toEqual(["logs", "--follow", "-n5", "--force"]);
  expect(after("--json", "--env", "staging", "logs", "-f")).toEqual([
    "--json",
    "--env",
    "staging",
    "logs",
    "--follow",
  ]);
});

test("everywhere else it is the spec", () => {
  for (const words of [
    ["apply", "-f", "logs"],
    ["-f", "logs", "status"],
    ["-f", "other.yaml", "logs"],
    ["explain", "logs", "-f", "other.yaml"],
    ["maintain", "logs", "usage", "-f", "x"],
    ["logs", "--", "-f"],
  ])
    expect(after(...words)).toEqual(words);
});
