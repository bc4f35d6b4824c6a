import type { Diagnostic, Place } from "../report/diagnostic.ts";
import { placeFinder, type PlaceFinder } from "../spec/place-finder.ts";
import type { UnitFile } from "../unit/unit-file.ts";
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
function placeOf({ file, start, end }: Found): Place {
  return known(places, file, () => placeFinder(file.text, file.path))({
    start,
    end: Math.min(end, lineEndOf(file.text, start)),
  });
}

/** Words of a rule as they may be shown: what they quote of a line with a secret is left out. */
function shownWords({ file, start, end }: Found, words: string): string {
  const from = file.text.lastIndexOf("\n", Math.max(0, start - 1)) + 1;
  const to = lineEndOf(file.text, end);
  const ofFile = known(secretWords, file, () => new Map<string, readonly string[]>());
  const secret = known(ofFile, `${from}-${to}`, () => wordsWithSecret(file.text.slice(from, to)));
  return secret.reduce((text, word) => text.replaceAll(word, hiddenMark), words);
}

/** Of a line that holds a secret, what could be it or a part of it. */
function wordsWithSecret(line: string): readonly string[] {
  if (hideShapes(line).count === 0) return [];
  return line.split(/[\s="',;]+/).filter((word) => word.length >= 6 && /\d/.test(word));
}

// A file may have thousands of findings, and a line, too: what is the same for all of them is worked out once.
const places = new WeakMap<UnitFile, PlaceFinder>();
const secretWords = new WeakMap<UnitFile, Map<string, readonly string[]>>();

function known<K, V>(
  memory: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const found = memory.get(key) ?? make();
  memory.set(key, found);
  return found;
}

function lineEndOf(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
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
