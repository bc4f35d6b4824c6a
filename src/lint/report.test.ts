import { expect, test } from "vitest";
import { isError } from "./lint.ts";
import { sortFound, shownTexts, toDiagnostic, toGithub, toJson } from "./report.ts";
import type { Rule } from "./rule.ts";
import { lintRules } from "./rules.ts";
import { toSarif } from "./sarif.ts";
import { lintExample } from "./test-example.ts";

const canary = "sk_live_c4n4ry51f2a90b77";
const unit = `[Unit]\nDescription=Bot\n[Service]\nExecStart=/usr/bin/bot --api-key ${canary} # main\nEnvironment=API_TOKEN=${canary}%s B="${canary} \nRestart=on-failure\nStartLimitIntervalSec=1h\n`;
const found = sortFound(lintExample(unit, lintRules));

test("findings are told by place", () => {
  expect(found.length).toBeGreaterThan(2);
  expect(found.map(({ start }) => start)).toEqual(found.map(({ start }) => start).toSorted((a, b) => a - b));
  const wrong = toJson(found.find(({ rule }) => rule.id === "wrong-section")!);
  expect(wrong).toMatchObject({ line: 7, column: 1, length: "StartLimitIntervalSec".length, fixable: true });
});

test("a secret on a line with a mistake is in no voice, whatever the rule quotes", () => {
  const quoting: Rule = {
    ...lintRules[0]!,
    id: "quoting",
    *check({ settings }) {
      for (const { file, start, end, value } of settings.written)
        yield { file, start, end, says: `reads ${value}`, fix: `write ${value}` };
    },
  };
  const all = [...found, ...lintExample(unit, [quoting])];
  const voices = [
    JSON.stringify(all.map(toDiagnostic)),
    JSON.stringify(all.map(toJson)),
    JSON.stringify(toSarif(all, { version: "1", root: "/" })),
    toGithub(all),
    [...shownTexts(all).values()].join("\n"),
  ];
  for (const voice of voices) expect(voice).not.toContain(canary);
});

test("blotted lines keep their length, so that marks stay in place", () => {
  const shown = shownTexts(found).get("example.service")!;
  expect(shown.split("\n").map(({ length }) => length)).toEqual(unit.split("\n").map(({ length }) => length));
});

test("SARIF names rules, levels and regions", () => {
  const { runs } = toSarif(found, { version: "1.2", root: "/" }) as {
    runs: {
      tool: { driver: { rules: { id: string }[] } };
      results: { ruleId: string; ruleIndex: number; level: string }[];
    }[];
  };
  const [run] = runs;
  expect(run!.results).toHaveLength(found.length);
  for (const [index, { ruleId, ruleIndex, level }] of run!.results.entries()) {
    expect(run!.tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
    expect(level).toBe(isError(found[index]!.level) ? "error" : "warning");
  }
});

test("a workflow command is one line, whatever the unit's name", () => {
  const odd = lintExample({ units: { "a,b:c.service": unit } }, lintRules);
  for (const line of toGithub(odd).split("\n"))
    expect(line).toMatch(/^::(error|warning) file=a%2Cb%3Ac\.service,line=\d+,/);
});

test("what twenty thousand mistakes on one line cost grows with their number, not with its square", () => {
  const many = lintExample(
    `[Unit]\nAfter=${"a=b ".repeat(20_000)}\n[Service]\nExecStart=/bin/true\n`,
    lintRules,
  );
  expect(many.length).toBe(20_000);
  const from = process.threadCpuUsage();
  for (const one of many) toDiagnostic(one);
  // 0.3 s; it was 12 s when each of them looked through the whole line for secrets.
  expect(process.threadCpuUsage(from).user / 1e6).toBeLessThan(5);
});
