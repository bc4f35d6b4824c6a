import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compileCase, envFileCase, initCase, messageCase, type GoldenCase } from "./cases.ts";
import { importCase } from "./import-case.ts";
import { importUnitsCase } from "./import-units-case.ts";
import { planCase } from "./plan-case.ts";
import { installedSystemd, verifyUnits } from "./verify.ts";

// One case per file: input, a line of dashes, what comes out. HOLDFAST_UPDATE=1 npx vitest run test/golden writes what
// comes out; the difference is read like any other change.
const dashes = "-".repeat(78);
const update = process.env["HOLDFAST_UPDATE"] === "1";

describe("message: a spec that is wrong, and what people read", () => {
  test.each(casesOf("message"))("%s", (name) => check("message", name, (input) => messageCase(input).text));
});

describe("env-file: a file of variables, what a program gets, and what people read about it", () => {
  test.each(casesOf("env-file"))("%s", (name) => check("env-file", name, envFileCase));
});

describe("init: a folder, and the first spec that is written for it", () => {
  test.each(casesOf("init"))("%s", (name) => check("init", name, initCase));
});

describe("import-units: units, the spec that is written for them, and the units that it becomes again", () => {
  test.each(casesOf("import-units"))("%s", (name) => check("import-units", name, importUnitsCase));
});

describe("import: files of other programs, and the specs that are written for them", () => {
  test.each(casesOf("import"))("%s", (name) => check("import", name, importCase));
});

describe("plan: a spec in force, what happened to the host, another spec, and what people read", () => {
  test.each(casesOf("plan"))("%s", async (name) => {
    const text = await planCase(inputOf("plan", name));
    check("plan", name, () => text);
  });
});

describe("compile: a spec, and what systemd reads", () => {
  test.each(casesOf("compile"))("%s", (name) => check("compile", name, (input) => compileCase(input).text));
});

const installed = installedSystemd();
describe.skipIf(installed === null)(
  `systemd-analyze verify (${installed ?? "missing"}) has nothing to say about`,
  () => {
    const wrong = "app: demo\nuser: demo\ndirectory: /\nservices: { bot: { run: /usr/bin/nothing-here } }\n";
    const names = casesOf("compile").filter((name) => compiled(name).target.systemd <= installed!);
    let found: string[][] = [];
    beforeAll(() => {
      found = verifyUnits([compileCase(wrong), ...names.map(compiled)]);
    });

    test.each([...names.entries()])("%i %s", (index) => expect(found[index + 1]).toEqual([]));

    test("and would say so if it had", () => {
      expect(found[0]!.join("\n")).toContain("nothing-here is not executable");
    });
  },
);

function compiled(name: string): GoldenCase {
  return compileCase(inputOf("compile", name));
}

function casesOf(step: string): string[] {
  return readdirSync(join(import.meta.dirname, step))
    .filter((file) => file.endsWith(".txt"))
    .map((file) => file.slice(0, -".txt".length));
}

function read(step: string, name: string): string {
  return readFileSync(join(import.meta.dirname, step, `${name}.txt`), "utf8");
}

function inputOf(step: string, name: string): string {
  return read(step, name).split(`${dashes}\n`)[0]!;
}

function check(step: string, name: string, run: (input: string) => string): void {
  const whole = read(step, name);
  const input = inputOf(step, name);
  const expected = `${input}${dashes}\n${run(input)}`;
  if (update && whole !== expected) writeFileSync(join(import.meta.dirname, step, `${name}.txt`), expected);
  else expect(whole).toBe(expected);
}
