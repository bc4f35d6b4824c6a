import { expect, test } from "vitest";
import { Result, pending } from "./result.ts";
import { waitUntil } from "./wait.ts";

const failed = new Result(["holdfast", "apply"], {
  status: 12,
  signal: null,
  stdout: "",
  stderr: "rolled back\n",
});
const json = new Result(["holdfast", "status", "--json"], {
  status: 0,
  signal: null,
  stdout: '{"a":1}',
  stderr: "",
});

test("a result that is not as demanded shows the command and all it said", () => {
  expect(() => failed.succeeds()).toThrow(
    /"holdfast apply" should have succeeded; it exited with 12\nstderr:\nrolled back/,
  );
  expect(() => failed.fails(3)).toThrow(/should have failed with 3/);
  expect(() => failed.doesNotSay("rolled")).toThrow(/should not have said "rolled"/);
  expect(failed.fails(12).says(/rolled/)).toBe(failed);
});

test("JSON is a value, and anything else is an error", () => {
  expect(json.json()).toEqual({ a: 1 });
  expect(() => failed.json()).toThrow(/should have printed JSON/);
});

test("a demand can be made before the result is there", async () => {
  expect(await pending(Promise.resolve(json)).succeeds()).toBe(json);
  await expect(pending(Promise.resolve(failed)).succeeds()).rejects.toThrow(/should have succeeded/);
});

test("waiting polls until the answer is acceptable", async () => {
  let asked = 0;
  expect(await waitUntil("three", () => (asked += 1), { accept: (value) => value === 3, interval: 1 })).toBe(
    3,
  );
});

test("waiting too long says for what, and what it saw last", async () => {
  const waiting = waitUntil("the moon", () => "clouds", {
    accept: (sky) => sky === "moon",
    timeout: 20,
    interval: 1,
  });
  await expect(waiting).rejects.toThrow(/until the moon; the last value was 'clouds'/);
});
