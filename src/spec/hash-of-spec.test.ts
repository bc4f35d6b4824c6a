import { expect, test } from "vitest";
import { hashOfSpec } from "./hash-of-spec.ts";

const spec = "app: demo\nservices:\n  web: { run: ./web, ports: [80] }\n";

test.each([
  ["a comment", `# ours\n${spec}`, true],
  ["another layout", "app: 'demo'\nservices: { web: { run: ./web, ports:\n  [80] } }", true],
  ["another value", spec.replace("80", "81"), false],
  [
    "another order, which may mean something",
    spec.replace("run: ./web, ports: [80]", "ports: [80], run: ./web"),
    false,
  ],
  ["what is no spec", "a: [", false],
])("%s", (_, text, same) => {
  expect(hashOfSpec(text) === hashOfSpec(spec)).toBe(same);
});

test("what cannot be read is still told apart", () => {
  expect(hashOfSpec("a: [")).not.toBe(hashOfSpec("b: ["));
  expect(hashOfSpec("a: [")).toBe(hashOfSpec("a: ["));
});
