import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Rules, type RulesListener } from "./rules.ts";

let directory: string;
let rules: Rules | null = null;
let told: string[];
const listener: RulesListener = {
  changed: ({ app, services }) => told.push(`${app} ${services.length}`),
  removed: (app) => told.push(`no ${app}`),
  unusable: (_, why) => told.push(`unusable: ${why}`),
};

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "rules-")), "watch");
  told = [];
});
afterEach(() => {
  rules?.close();
  rmSync(join(directory, ".."), { recursive: true });
});

function write(app: string, text: string): void {
  writeFileSync(join(directory, `.${app}.new`), text);
  renameSync(join(directory, `.${app}.new`), join(directory, `${app}.json`));
}

const file = (app: string, services = 1, more = {}): string =>
  `# mark\n${JSON.stringify({ version: 1, app, supervision: "agent", services: Array(services).fill({}), ...more })}`;

test("rules are read at the start, and followed as they are written, changed and removed", async () => {
  mkdirSync(directory);
  write("one", file("one"));
  rules = new Rules(directory, listener);
  expect(told).toEqual(["one 1"]);
  write("two", file("two"));
  await vi.waitFor(() => expect(told).toContain("two 1"));
  write("one", file("one", 2));
  await vi.waitFor(() => expect(told).toContain("one 2"));
  rmSync(join(directory, "two.json"));
  await vi.waitFor(() => expect(told).toContain("no two"));
});

test("a directory that is not there has no rules; once it is there, they are found", () => {
  rules = new Rules(directory, listener);
  expect(told).toEqual([]);
  mkdirSync(directory);
  write("one", file("one"));
  rules.read();
  expect(told).toEqual(["one 1"]);
});

test("what cannot be used is said once, and the rules before it stay in force", () => {
  mkdirSync(directory);
  write("one", file("one"));
  rules = new Rules(directory, listener);
  write("one", "# mark\n{ half");
  rules.read();
  rules.read();
  expect(told.slice(1)).toEqual([expect.stringContaining("unusable: ")]);
  write("one", file("one", 3));
  rules.read();
  expect(told.at(-1)).toBe("one 3");
});

test("an application that is not watched by the agent any more is let go; one of a later version is refused", () => {
  mkdirSync(directory);
  write("one", file("one"));
  write("new", file("new", 1, { version: 2 }));
  rules = new Rules(directory, listener);
  expect(told).toEqual([expect.stringContaining("version 2"), "one 1"]);
  write("one", file("one", 1, { supervision: "probes" }));
  rules.read();
  expect(told.at(-1)).toBe("no one");
});
