import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { levelWords } from "../../src/lint/report.ts";
import { lintRules } from "../../src/lint/rules.ts";
import type { Level } from "../../src/lint/rule.ts";

// HOLDFAST_UPDATE=1 npx vitest run test/lint writes the page anew.

const page = join(import.meta.dirname, "../../docs/lint-rules.md");
const levels: readonly Level[] = ["will-not-start", "will-not-do-what-it-says", "risky"];

test("the page of rules is what the rules say", () => {
  const text = write();
  if (process.env["HOLDFAST_UPDATE"] === "1") writeFileSync(page, text);
  expect(readFileSync(page, "utf8")).toBe(text);
});

function write(): string {
  const parts = levels.flatMap((level) => {
    const rules = lintRules.filter((rule) => rule.level === level).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const word = levelWords[level];
    return [
      `## ${word[0]!.toUpperCase()}${word.slice(1)}`,
      "",
      "| Rule | Why it is a mistake | What happens |",
      "|---|---|---|",
      ...rules.map(
        ({ id, reason, happens, needsHost }) =>
          `| ${id}${needsHost ? " (host)" : ""} | ${cell(reason)} | ${cell(happens)} |`,
      ),
      "",
    ];
  });
  return `# Rules of lint\n\nMade from the rules themselves. \`holdfast explain lint/RULE\` shows a unit with each mistake, and one without it.\n\n${parts.join("\n").trimEnd()}\n`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
