import { expect, test } from "vitest";
import { markOf, restartsSince } from "./count-restarts.ts";

const mark = { invocation: "a", restarts: 3, boot: "one", at: 1000 };

test.each([
  ["never seen before", null, 5, "one", 0],
  ["nothing has happened", mark, 3, "one", 0],
  ["two more, also when nobody looked", mark, 5, "one", 2],
  ["started by hand in between, then once more", mark, 1, "one", 1],
  ["started by hand in between", mark, 0, "one", 0],
  ["another boot, in which it was restarted twice", mark, 2, "two", 2],
  ["another boot, in which it was restarted as often", mark, 3, "two", 3],
])("%s", (_, before, restarts, boot, expected) => {
  expect(restartsSince(before, { restarts }, boot)).toBe(expected);
});

test("a mark stays the same one while nothing changes that matters", () => {
  expect(markOf(mark, { invocation: "a", restarts: 3 }, "one", 2000)).toBe(mark);
  expect(markOf(mark, { invocation: "b", restarts: 3 }, "one", 2000)).toMatchObject({
    invocation: "b",
    at: 2000,
  });
});
