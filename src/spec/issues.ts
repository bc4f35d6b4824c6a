import type * as v from "valibot";
import type { Diagnostic } from "../report/diagnostic.ts";
import { nearest } from "./nearest.ts";
import { placeOf, type Path, type SpecNode } from "./tree.ts";

type Issue = v.BaseIssue<unknown>;
type Custom = { code: string; expected: string; fix?: string };

/** Turns the schema library's issues into diagnostics with a place, a stable code and a suggestion. */
export function describeIssues(
  issues: readonly Issue[],
  root: SpecNode,
  knownKeys: (path: Path) => readonly string[],
): Diagnostic[] {
  return issues.map((issue) => {
    const deepest = deepestIssue(issue);
    const path = pathOf(issue, deepest);
    return describeIssue(deepest, path, root, knownKeys);
  });
}

/** A union reports one issue whose branches hold the real reasons: take the branch that got furthest. */
function deepestIssue(issue: Issue): Issue {
  const inner = issue.issues ?? [];
  const candidates = inner.filter((i) => (i.path?.length ?? 0) > 0 || isCustomValueIssue(i));
  const best = candidates.toSorted((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0))[0];
  return best ? deepestIssue(best) : issue;
}

function isCustomValueIssue(issue: Issue): boolean {
  return issue.kind === "transformation" || issue.kind === "validation";
}

function pathOf(outer: Issue, inner: Issue): Path {
  const steps = [...(outer.path ?? []), ...(inner === outer ? [] : (inner.path ?? []))];
  return steps.map((step) => step.key as string | number);
}

function describeIssue(
  issue: Issue,
  path: Path,
  root: SpecNode,
  knownKeys: (path: Path) => readonly string[],
): Diagnostic {
  const where = describePath(path);
  const last = path.at(-1);
  const unknownKey = issue.type === "strict_object" && issue.expected === "never";
  if (unknownKey) {
    const known = knownKeys(path.slice(0, -1));
    const near = nearest(String(last), known);
    const diagnostic: Diagnostic = {
      severity: "error",
      code: "spec/unknown-key",
      summary: `Cannot use the key "${last}"${path.length > 1 ? ` in ${describePath(path.slice(0, -1))}` : ""}: there is no such key`,
      at: placeOf(root, path, "key"),
      detail: near ? `Did you mean "${near}"?` : `known here: ${known.join(", ")}`,
    };
    return near ? { ...diagnostic, fix: `${near}:` } : diagnostic;
  }
  if (issue.type === "strict_object" && issue.received === "undefined") {
    return {
      severity: "error",
      code: "spec/missing-key",
      summary: `Cannot do without the key "${last}"${path.length > 1 ? ` in ${describePath(path.slice(0, -1))}` : ""}`,
      at: placeOf(root, path.slice(0, -1), "key"),
      fix: `add ${last}: (see: holdfast explain ${path.map((s) => String(s)).join(".")})`,
    };
  }
  const custom = customMessage(issue);
  const written = typeof issue.input === "object" ? issue.received : JSON.stringify(issue.input);
  const diagnostic: Diagnostic = {
    severity: "error",
    code: custom.code,
    summary: `Cannot use ${written} for ${where}`,
    at: placeOf(root, path, issue.path?.at(-1)?.origin === "key" ? "key" : "value"),
    detail: `expected ${custom.expected}`,
  };
  const choices = custom.expected.startsWith("one of ") ? custom.expected.slice(7).split(", ") : [];
  const near = typeof issue.input === "string" ? nearest(issue.input, choices) : undefined;
  const fix = custom.fix ?? near;
  return fix === undefined
    ? diagnostic
    : { ...diagnostic, fix: /^[a-z ]+ /.test(fix) && fix.length > 30 ? fix : `${String(last)}: ${fix}` };
}

function customMessage(issue: Issue): Custom {
  if (issue.message.startsWith("{")) return JSON.parse(issue.message) as Custom;
  if (issue.message === "spec/no-service")
    return { code: "spec/no-service", expected: "at least one service" };
  if (issue.type === "strict_object" || issue.type === "record" || issue.type === "loose_object")
    return { code: "spec/bad-type", expected: "keys and values, indented below" };
  if (issue.type === "array") return { code: "spec/bad-type", expected: "a list, such as [a, b]" };
  if (issue.type === "max_length")
    return { code: "spec/too-long", expected: `at most ${issue.expected?.slice(2)} characters` };
  return { code: "spec/bad-value", expected: issue.expected ?? issue.message };
}

/** ["services", "bot", "limits", "memory"] -> `memory of limits of service "bot"`, as a person would say it. */
export function describePath(path: Path): string {
  if (path.length === 0) return "the spec";
  if (path[0] === "services" && path.length >= 2) {
    const service = `service "${path[1]}"`;
    const inner = path.slice(2);
    return inner.length === 0
      ? service
      : `${inner
          .map((step) => (typeof step === "number" ? `[${step}]` : step))
          .join(".")
          .replaceAll(".[", "[")} of ${service}`;
  }
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : step))
    .join(".")
    .replaceAll(".[", "[");
}
