import type * as v from "valibot";
import type { Diagnostic, Place } from "../report/diagnostic.ts";
import { secretFix, secretInSpec } from "../report/hide-secrets.ts";
import { describePath } from "./describe-path.ts";
import { guessValue } from "./guess-value.ts";
import { nodeAt, type Path, type SpecNode } from "./tree.ts";

type Issue = v.BaseIssue<unknown>;
type Found = { issue: Issue; path: Path; isKey: boolean };
/** What was read, and where each of its values was written. */
export type Placed = { root: SpecNode; placeOf: (path: Path, what?: "value" | "key") => Place };
type Custom = { code: string; expected: string; fix?: string };

const mapTypes = new Set(["strict_object", "object", "loose_object", "record"]);

/** Turns the schema library's issues into diagnostics with a place, a stable code and a suggestion. */
export function describeIssues(issues: readonly Issue[], source: Placed): Diagnostic[] {
  return issues
    .flatMap((issue) => expandUnion(issue, []))
    .filter(
      (found) => !isUnknownKey(found.issue) || nodeAt(source.root, found.path.slice(0, -1))?.kind === "list",
    )
    .map((found) => {
      if (isUnknownKey(found.issue)) return notAMap(found.path.slice(0, -1), source, "a list");
      if (isMissingKey(found.issue)) return describeMissingKey(found, source);
      return found.isKey ? describeBadName(found, source) : describeBadValue(found, source);
    });
}

/** A union reports one issue whose branches hold the real reasons: take those of the branch that got furthest. */
function expandUnion(issue: Issue, prefix: Path): Found[] {
  const path = [...prefix, ...(issue.path ?? []).map((step) => step.key as string | number)];
  const inner = issue.issues ?? [];
  const deeper = inner.filter((i) => (i.path?.length ?? 0) > 0);
  if (deeper.length > 0) return deeper.flatMap((i) => expandUnion(i, path));
  const read = inner.find((i) => i.kind !== "schema") ?? inner.find((i) => i.type === "picklist");
  // The text branch of a union knows better what is wrong with a text, the union itself with anything else.
  if (read && typeof issue.input !== "object" && read.kind !== "schema") return expandUnion(read, path);
  const isKey = issue.path?.at(-1)?.origin === "key";
  return [{ issue, path, isKey }];
}

/** The words that may stand there, also when they are one branch of a union. */
function choicesOf(issue: Issue, expected: string): string[] {
  const words = issue.issues?.find((i) => i.type === "picklist");
  const list = words ? customMessage(words).expected : expected;
  return list.startsWith("one of ") ? list.slice(7).split(", ") : [];
}

/** These are told by unknown-keys.ts, all of them; what is left for here is a list where keys belong. */
function isUnknownKey(issue: Issue): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

function isMissingKey(issue: Issue): boolean {
  return issue.type === "strict_object" && issue.received === "undefined";
}

function describeMissingKey({ path }: Found, source: Placed): Diagnostic {
  const above = path.slice(0, -1);
  if (nodeAt(source.root, above)?.kind === "list") return notAMap(above, source, "a list");
  return {
    severity: "error",
    code: "spec/missing-key",
    summary: `Cannot do without the key ${quoted(path.at(-1))}${within(path)}`,
    at: source.placeOf(above, "key"),
    fix: `add ${path.at(-1)}: (${seeKey(path)})`,
  };
}

function notAMap(path: Path, source: Placed, written: string): Diagnostic {
  return {
    severity: "error",
    code: "spec/bad-type",
    summary: `Cannot use ${written} for ${describePath(path)}`,
    at: source.placeOf(path),
    detail: "expected keys and values, indented below",
    fix: seeKey(path),
  };
}

function describeBadName({ issue, path }: Found, source: Placed): Diagnostic {
  const { code, expected } = customMessage(issue);
  return {
    severity: "error",
    code,
    summary: `Cannot use the name ${quoted(path.at(-1))}${within(path) || " here"}`,
    at: source.placeOf(path, "key"),
    detail: `expected ${expected}`,
    fix: "rename it",
  };
}

function describeBadValue({ issue, path }: Found, source: Placed): Diagnostic {
  const custom = customMessage(issue);
  const { expected, fix } = custom;
  const inSecrets = path.includes("secrets");
  // A text where a file that holds a secret belongs may be the secret itself.
  const code = inSecrets && isScalar(issue.input) ? secretInSpec : custom.code;
  const written = code === secretInSpec ? "what is written" : describeInput(issue);
  if (mapTypes.has(issue.type) && issue.message.startsWith("Invalid type"))
    return notAMap(path, source, written);
  const better = fix ?? guessValue(issue.input, expected, choicesOf(issue, expected));
  return {
    severity: "error",
    code,
    summary: `Cannot use ${written} for ${describePath(path)}`,
    at: source.placeOf(path),
    detail: `expected ${expected}`,
    fix: inSecrets
      ? secretFix
      : better === undefined
        ? seeKey(path)
        : typeof path.at(-1) === "string" && !better.includes(" ")
          ? `${path.at(-1)}: ${better}`
          : better,
  };
}

function isScalar(input: unknown): boolean {
  return input !== null && input !== undefined && typeof input !== "object";
}

/** Where the key is explained; names that a person gave stop the path when they cannot stand in one. */
function seeKey(path: Path): string {
  const steps = path.filter((step) => typeof step === "string");
  const odd = steps.findIndex((step) => !/^[\w-]+$/.test(step));
  return `see: holdfast explain ${steps.slice(0, odd < 0 ? steps.length : odd).join(".")}`.trim();
}

/** The value as it was written, cut short. */
function describeInput({ input }: Issue): string {
  if (input === null || input === undefined) return "an empty value";
  if (typeof input === "object") {
    const empty = Object.keys(input).length === 0;
    return Array.isArray(input)
      ? empty
        ? "an empty list"
        : "a list"
      : empty
        ? "an empty map"
        : "keys and values";
  }
  return quoted(input);
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 50)}..."` : text;
}

function within(path: Path): string {
  return path.length > 1 ? ` in ${describePath(path.slice(0, -1))}` : "";
}

function customMessage(issue: Issue): Custom {
  if (issue.message.startsWith("{")) return JSON.parse(issue.message) as Custom;
  if (issue.type === "array") return { code: "spec/bad-type", expected: "a list, such as [a, b]" };
  if (issue.type === "max_length")
    return { code: "spec/too-long", expected: `at most ${issue.expected?.slice(2)} characters` };
  return { code: "spec/bad-value", expected: issue.expected ?? issue.message };
}
