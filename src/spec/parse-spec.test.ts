import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSpec } from "./parse-spec.ts";

const base = `app: demo
user: demo
directory: /opt/demo/
services:
  bot:
    run: bin/bot
    limits: { memory: 2G, tasks: 512 }
    writes: [logs, data/]
    env: { set: { MODE: live, RATIO: 1.10, PORT: 8000, FLAG: True, HEX: 0x1F } }
environments:
  staging:
    services:
      bot:
        limits: { memory: 512M }
        writes: [logs]
`;

function parse(text: string, environment?: string) {
  return parseSpec(text, "holdfast.yaml", { environment });
}

function codes(text: string): string[] {
  return parse(text).diagnostics.map(({ code, at }) => `${at?.line}:${at?.column} ${code}`);
}

describe("values", () => {
  test("are read, and what is plain text stays as it was written", () => {
    const { spec } = parse(base);
    expect(spec?.directory).toBe("/opt/demo");
    expect(spec?.services["bot"]?.limits?.memory).toBe(2 * 1024 ** 3);
    expect(spec?.services["bot"]?.writes).toEqual(["logs", "data"]);
    expect(spec?.services["bot"]?.env?.set).toEqual({
      MODE: "live",
      RATIO: "1.10",
      PORT: "8000",
      FLAG: "True",
      HEX: "0x1F",
    });
  });

  test("know their place; a path that leads nowhere has the place of what is above it", () => {
    const { spec } = parse(base);
    const at = (path: (string | number)[], what?: "value" | "key") => {
      const { line, column, length } = spec!.placeOf(path, what);
      return [line, column, length];
    };
    expect(at(["app"])).toEqual([1, 6, 4]);
    expect(at(["app"], "key")).toEqual([1, 1, 3]);
    expect(at(["services", "bot", "limits", "memory"])).toEqual([7, 23, 2]);
    expect(at(["services", "bot", "writes", 1])).toEqual([8, 20, 5]);
    expect(at(["services", "bot", "limits", "cpu"])).toEqual([7, 13, 1]);
    expect(at(["nothing", "at", "all"])).toEqual([1, 1, 1]);
  });
});

describe("an environment", () => {
  test("is laid over the base: maps merge key by key, everything else is replaced, places are those of the writer", () => {
    const { spec } = parse(base, "staging");
    const bot = spec!.services["bot"]!;
    expect([bot.limits?.memory, bot.limits?.tasks, bot.writes]).toEqual([512 * 1024 ** 2, 512, ["logs"]]);
    expect(spec!.environment).toBe("staging");
    expect(spec!.placeOf(["services", "bot", "limits", "memory"]).line).toBe(14);
    expect(spec!.placeOf(["services", "bot", "limits", "tasks"]).line).toBe(7);
  });

  test("is checked whether it is asked for or not, and a mistake of the base is said once", () => {
    expect(codes(base.replace("512M", "512"))).toEqual(["14:27 spec/bad-size"]);
    expect(codes(base.replace("tasks: 512", "tasks: 1"))).toEqual(["7:34 spec/bad-number"]);
  });

  test("that makes the base wrong is named beside it", () => {
    const text = base.replace("tasks: 512", "memory-high: 1G");
    const [found] = parse(text).diagnostics;
    expect([found?.code, found?.at?.line]).toEqual(["spec/soft-limit-too-high", 7]);
    expect(found?.related?.at(-1)).toMatchObject({
      note: 'with environment "staging" laid over it',
      at: { line: 11 },
    });
  });

  test("cannot have what would be lost without a word", () => {
    for (const key of ["holdfast: 1", "environments: {}"])
      expect(codes(`${base}    ${key}\n`)).toContain("16:5 spec/not-in-environment");
  });
});

describe("an environment that is an application of its own", () => {
  const own = (more: string): string =>
    `${base.replace("  staging:\n", `  staging:\n    app: demo-staging\n${more}`)}`;

  test("has its own name, and the others know of it", () => {
    const text = own("    directory: /opt/demo-staging\n");
    expect(parse(text).diagnostics).toEqual([]);
    expect(parse(text, "staging").spec?.app).toBe("demo-staging");
    expect(parse(text).spec).toMatchObject({ app: "demo", appOf: { staging: "demo-staging" } });
  });

  test("is warned of when it would work on the data of another", () => {
    expect(codes(own(""))).toEqual(["3:12 spec/shared-data"]);
    expect(parse(own("")).diagnostics[0]).toMatchObject({
      severity: "warning",
      summary: '"demo-staging" (staging) and "demo" would share directory /opt/demo',
      fix: 'give environment "staging" a directory: of its own',
    });
    const state = own("    directory: /opt/other\n").replace(
      "    writes: [logs, data/]",
      "    state-directory: demo",
    );
    expect(parse(state, "staging").diagnostics.map(({ summary }) => summary)).toEqual([
      '"demo-staging" (staging) and "demo" would share state-directory demo',
    ]);
  });
});

describe("circles are found once, whatever their shape", () => {
  const spec = (after: Record<string, string[]>) =>
    `app: demo\nuser: demo\ndirectory: /x\nservices:\n${Object.entries(after)
      .map(([name, others]) => `  ${name}: { run: x, after: [${others.join(", ")}] }`)
      .join("\n")}`;
  test.each<[string, Record<string, string[]>, string[]]>([
    ["none in a diamond", { a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, []],
    ["of two", { b: ["a"], a: ["b"] }, ["a after b after a"]],
    ["behind a tail", { t: ["b"], a: ["b"], b: ["c"], c: ["a"] }, ["a after b after c after a"]],
    ["two of them", { a: ["b"], b: ["a"], c: ["d"], d: ["c"] }, ["a after b after a", "c after d after c"]],
  ])("%s", (_, after, expected) => {
    const found = parse(spec(after)).diagnostics.map((d) =>
      d.summary.replace("Cannot order the services in a circle: ", ""),
    );
    expect(found).toEqual(expected);
  });

  test("a chain of thousands is no circle, and no trouble", () => {
    const chain = Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [`s${i}`, i === 0 ? [] : [`s${i - 1}`]]),
    );
    expect(parse(spec(chain)).diagnostics).toEqual([]);
    expect(parse(spec({ ...chain, s0: ["s1999"] })).diagnostics.map((d) => d.code)).toEqual([
      "spec/order-cycle",
    ]);
  });
});

describe("any text gets an answer", () => {
  const example = readFileSync(resolve(import.meta.dirname, "../../examples/polybot/holdfast.yaml"), "utf8");

  function answers(text: string): void {
    const { spec, diagnostics } = parse(text);
    const lines = text.split("\n");
    expect(spec !== null || diagnostics.some((d) => d.severity === "error")).toBe(true);
    for (const { at, summary, code, fix, related } of diagnostics) {
      expect([summary, code, fix ?? "no fix"]).not.toContain("no fix");
      expect(code).toMatch(/^spec\/[a-z-]+$/);
      for (const place of [...(at ? [at] : []), ...(related ?? []).map((other) => other.at)]) {
        expect(place.line).toBeGreaterThan(0);
        expect(place.line).toBeLessThanOrEqual(lines.length);
        expect(place.column).toBeGreaterThan(0);
        expect(place.column).toBeLessThanOrEqual(lines[place.line - 1]!.length + 1);
      }
    }
  }

  test("made of YAML's own characters", () => {
    const piece = fc.constantFrom(
      ..."abc:-?,[]{}#&*!|>'\"%@` \n~0<.".split(""),
      "\n  ",
      ": ",
      "- ",
      "app: x\n",
      "services:\n",
      "  bot:\n",
      "    run: ",
      "&a ",
      "*a",
      "\ufeff",
      "\r\n",
      "\t",
      "---\n",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (parts) => answers(parts.join(""))),
      { numRuns: 1500 },
    );
  });

  test("made of a spec with a piece cut out, doubled or replaced", () => {
    const cut = fc.tuple(
      fc.nat(example.length),
      fc.nat(40),
      fc.constantFrom("", "x", "\n", "  ", ": ", "[", "}", "null", "-1", "{ }", "'", "yes", "environments:"),
    );
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
        let text = example;
        for (const [from, length, put] of cuts) text = text.slice(0, from) + put + text.slice(from + length);
        answers(text);
      }),
      { numRuns: 150 },
    );
  });

  test("made of any values in any keys", () => {
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, "", "30s", "2G", 0, -1, 1.5, "10 per 1h", "a && b"),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            "app",
            "run",
            "limits",
            "memory",
            "env",
            "set",
            "bot",
            "on",
            "toString",
            "services",
          ),
          tie("any"),
          { maxKeys: 4 },
        ),
      ),
    })).any;
    const spec = fc.record(
      {
        app: value,
        directory: value,
        services: fc.dictionary(
          fc.constantFrom("bot", "a-b", "B"),
          fc.dictionary(
            fc.constantFrom(
              "run",
              "env",
              "limits",
              "restart",
              "ready",
              "hardening",
              "writes",
              "after",
              "ports",
              "secrets",
            ),
            value,
          ),
        ),
        environments: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(spec, (plain) => answers(JSON.stringify(plain))),
      { numRuns: 150 },
    );
  });
});

test("the time for a spec grows with its length, not with its square", { retry: 3 }, () => {
  const services = (count: number) =>
    `app: demo\nuser: demo\ndirectory: /opt/demo\nservices:\n${Array.from({ length: count }, (_, i) => `  s${i}: { run: bin/run ${i}, ports: [${1024 + i}], after: [s${Math.max(0, i - 1)}x.service], restart: { limit: 10 per 1h } }\n`).join("")}`;
  // Of the processor, which other programs do not make longer, and of the best of three, which a collection of garbage
  // has not hit.
  const millis = (count: number) => {
    const text = services(count);
    const once = () => {
      const start = process.cpuUsage();
      expect(parse(text).spec).not.toBeNull();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    };
    return Math.min(once(), once(), once());
  };
  millis(500);
  const [small, large] = [millis(500), millis(3000)];
  expect(large).toBeLessThan(Math.max(50, small) * 6 * 3);
});

test("the examples are read", () => {
  for (const name of ["polybot", "oneiric"]) {
    const file = join("examples", name, "holdfast.yaml");
    expect(
      parseSpec(readFileSync(resolve(import.meta.dirname, "../..", file), "utf8"), file).diagnostics,
    ).toEqual([]);
  }
});
