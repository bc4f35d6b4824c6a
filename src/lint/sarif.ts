import { isAbsolute, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { isError, type Found } from "./lint.ts";
import { toJson } from "./report.ts";
import type { Rule } from "./rule.ts";

/** Findings in SARIF 2.1.0 (OASIS), which code hosts show beside the code. Paths below `root` are written relative to it. */
export function toSarif(
  found: readonly Found[],
  { version, root }: { version: string; root: string },
): object {
  const rules = [...new Set(found.map(({ rule }) => rule))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "holdfast", version, rules: rules.map(describeRule) } },
        columnKind: "utf16CodeUnits",
        results: found.map((one) => describeResult(one, rules, root)),
      },
    ],
  };
}

function describeRule(rule: Rule): object {
  return {
    id: rule.id,
    shortDescription: { text: rule.reason },
    fullDescription: { text: `${rule.reason}: ${rule.happens}` },
    defaultConfiguration: { level: isError(rule.level) ? "error" : "warning" },
    properties: { level: rule.level },
  };
}

function describeResult(one: Found, rules: readonly Rule[], root: string): object {
  const { rule, level, file, line, column, length, says, happens, fix } = toJson(one);
  return {
    ruleId: rule,
    ruleIndex: rules.indexOf(one.rule),
    level: isError(level) ? "error" : "warning",
    message: { text: [`${says}: ${happens}.`, ...(fix === null ? [] : [`Fix: ${fix}`])].join(" ") },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: addressOf(file, root) },
          region: { startLine: line, startColumn: column, endColumn: column + length },
        },
      },
    ],
  };
}

function addressOf(file: string, root: string): string {
  const below = relative(root, file);
  const inside = !below.startsWith("..") && !isAbsolute(below);
  return inside ? below.split("/").map(encodeURIComponent).join("/") : pathToFileURL(file).href;
}
