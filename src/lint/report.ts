import type { Diagnostic, Place } from "../report/diagnostic.ts";
import { hiddenMark, hideShapes } from "../value/secret-shapes.ts";
import { isError, type Found } from "./lint.ts";
import type { Level } from "./rule.ts";

/** The levels in words, as people read them. */
export const levelWords: Readonly<Record<Level, string>> = {
  "will-not-start": "will not start",
  "will-not-do-what-it-says": "will not do what it says",
  risky: "risky",
};

const order: readonly Level[] = ["will-not-start", "will-not-do-what-it-says", "risky"];

/** By file and place, the worse first at the same place. */
export function sortFound(found: readonly Found[]): Found[] {
  return found.toSorted(
    (a, b) =>
      compare(a.file.path, b.file.path) ||
      a.start - b.start ||
      order.indexOf(a.level) - order.indexOf(b.level),
  );
}

/** A finding as every other diagnostic of holdfast; secrets in its words are hidden. */
export function toDiagnostic(one: Found): Diagnostic {
  return {
    severity: isError(one.level) ? "error" : "warning",
    label: levelWords[one.level],
    code: `lint/${one.rule.id}`,
    summary: shownWords(one, one.says),
    at: placeOf(one),
    detail: one.happens ?? one.rule.happens,
    ...(one.fix === undefined ? {} : { fix: shownWords(one, one.fix) }),
  };
}

/** Line and column of a finding, from 1. */
export function placeOf({ file, start, end }: Found): Place {
  const before = file.text.slice(0, start);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  const lineEnd = file.text.indexOf("\n", start);
  const last = Math.min(end, lineEnd === -1 ? file.text.length : lineEnd);
  return { file: file.path, line, column: start - lineStart + 1, length: Math.max(1, last - start) };
}

/** Words of a rule as they may be shown: what they quote of a line with a secret is left out. */
function shownWords({ file, start, end }: Found, words: string): string {
  const from = file.text.lastIndexOf("\n", Math.max(0, start - 1)) + 1;
  const line = file.text.slice(from, end);
  if (hideShapes(line).count === 0) return words;
  const quoted = line.split(/[\s="',;]+/).filter((word) => word.length >= 6 && /\d/.test(word));
  return quoted.reduce((text, word) => text.replaceAll(word, hiddenMark), words);
}

/** The texts around findings, for showing: what looks like a secret is blotted out, and every column stays in its place. */
export function shownTexts(found: readonly Found[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file } of found) if (!texts.has(file.path)) texts.set(file.path, blotted(file.text));
  return texts;
}

function blotted(text: string): string {
  if (hideShapes(text).count === 0) return text;
  return text
    .split("\n")
    .map((line) =>
      hideShapes(line).count === 0
        ? line
        : line.replace(/=.*$/s, (value) => `=${"*".repeat(value.length - 1)}`),
    )
    .join("\n");
}

/** A finding for programs. */
export type FoundJson = {
  rule: string;
  level: Level;
  unit: string;
  file: string;
  line: number;
  column: number;
  length: number;
  says: string;
  happens: string;
  reason: string;
  fix: string | null;
  fixable: boolean;
};

export function toJson(one: Found): FoundJson {
  const { file, line, column, length } = placeOf(one);
  return {
    rule: one.rule.id,
    level: one.level,
    unit: one.unit.name,
    file,
    line,
    column,
    length,
    says: shownWords(one, one.says),
    happens: one.happens ?? one.rule.happens,
    reason: one.rule.reason,
    fix: one.fix === undefined ? null : shownWords(one, one.fix),
    fixable: (one.edits?.length ?? 0) > 0,
  };
}

/** Workflow commands of GitHub Actions: one line a finding, shown beside the line of a pull request. */
export function toGithub(found: readonly Found[]): string {
  return found
    .map((one) => {
      const { rule, level, file, line, column, length, says, happens, fix } = toJson(one);
      const title = `${levelWords[level]} (${rule})`;
      const text = [`${says}: ${happens}`, ...(fix === null ? [] : [`Fix: ${fix}`])].join("\n");
      return `::${isError(level) ? "error" : "warning"} file=${property(file)},line=${line},col=${column},endColumn=${column + length},title=${property(title)}::${message(text)}`;
    })
    .join("\n");
}

function message(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return message(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
