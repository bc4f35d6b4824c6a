import * as fc from "fast-check";
import { CORE_SCHEMA, load } from "js-yaml";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { matches } from "./json-schema-check.ts";
import { formatJsonSchema, makeJsonSchema } from "./json-schema.ts";
import { duration, fileMode, percent, rate, size } from "./read-values.ts";

const checkout = resolve(import.meta.dirname, "../..");
const schema = makeJsonSchema();

test("the committed schema is current", () => {
  const committed = readFileSync(join(checkout, "schema/holdfast.schema.json"), "utf8");
  expect(
    committed === formatJsonSchema(),
    "update it: node scripts/build.ts && bin/holdfast schema > schema/holdfast.schema.json",
  ).toBe(true);
});

describe("every example is valid", () => {
  const files = readdirSync(join(checkout, "examples"))
    .map((name) => join("examples", name, "holdfast.yaml"))
    .filter((file) => existsSync(join(checkout, file)));
  test.each(files)("%s", (file) => {
    expect(matches(schema, yaml(readFileSync(join(checkout, file), "utf8")))).toEqual([]);
  });
});

describe("what Holdfast refuses shows in the editor", () => {
  const base = "app: demo\ndirectory: /opt/demo\nservices: { bot: { run: bin/bot } }\n";
  test.each([
    ["a missing key", "app: demo\nservices: { bot: { run: x } }", 'needs "directory"'],
    ["an unknown key", `${base}limts: 1`, 'no key "limts"'],
    ["a bad name", "app: My Bot\ndirectory: /x\nservices: { bot: { run: x } }", "app: pattern"],
    ["a bad service name", "app: demo\ndirectory: /x\nservices: { Bot: { run: x } }", "name Bot"],
    ["a size without unit", `${base}logs: { max: 500 }`, "logs.max: type"],
    ["a size with two letters", `${base}logs: { max: 500MB }`, "logs.max: pattern"],
    [
      "a word that is no choice",
      base.replace("bin/bot", "x, restart: { on: sometimes }"),
      "services.bot.restart.on: enum",
    ],
    ["a port that is none", base.replace("bin/bot", "x, ports: [70000]"), "services.bot.ports.0: at most"],
    [
      "a mistake in an environment",
      `${base}environments: { a: { services: { bot: { limits: { memory: 5 } } } } }`,
      "environments.a.services.bot.limits.memory: type",
    ],
    [
      "an environment of environments",
      `${base}environments: { a: { environments: {} } }`,
      'no key "environments"',
    ],
  ])("%s", (_, text, expected) => expect(matches(schema, yaml(text)).join("\n")).toContain(expected));

  test("and what an environment leaves out does not", () => {
    const text = `${base}environments: { a: { services: { bot: { limits: { memory: 5M } }, more: { run: x } } } }`;
    expect(matches(schema, yaml(text))).toEqual([]);
  });
});

describe("no pattern is stricter than the reader behind it", () => {
  const readers = {
    "duration()": duration(),
    "duration({ zero })": duration({ zero: true }),
    "size()": size(),
    "size({ zero, infinity })": size({ zero: true, infinity: true }),
    "percent()": percent(),
    "rate()": rate(),
    "fileMode()": fileMode(),
  };
  const parts = [
    "",
    " ",
    "0",
    "7",
    "10",
    "0750",
    "1.5",
    "s",
    "min",
    "h",
    "d",
    "M",
    "g",
    "%",
    "infinity",
    " per ",
    "1h",
    " 30m",
  ];
  const text = fc.array(fc.constantFrom(...parts), { maxLength: 4 }).map((chosen) => chosen.join(""));
  test.each(Object.entries(readers))("%s", (_, reader) => {
    const { pattern } = reader.pipe[1].metadata.text;
    fc.assert(
      fc.property(text, (written) => {
        const accepted = v.safeParse(reader, written).success;
        return !accepted || new RegExp(pattern!).test(written);
      }),
      { numRuns: 500 },
    );
  });
});

function yaml(text: string): unknown {
  return load(text, { schema: CORE_SCHEMA });
}
