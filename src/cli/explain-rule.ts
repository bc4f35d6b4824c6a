import { levelWords } from "../lint/report.ts";
import type { Example, Rule } from "../lint/rule.ts";
import { lintRules } from "../lint/rules.ts";
import { verifyRule } from "../lint/verify.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Style } from "../report/style.ts";
import { nearest } from "../spec/nearest.ts";
import type { Session } from "./session.ts";

/** holdfast explain lint/RULE: why, what really happens, and a unit with and without the mistake; "lint/" lists all rules. */
export function explainRule(session: Session, query: string): number {
  const { out } = session;
  const id = query.slice("lint/".length);
  const all = [...lintRules, verifyRule];
  if (id === "") {
    const width = Math.max(...all.map((rule) => rule.id.length));
    const lines = all.map((rule) => `${rule.id.padEnd(width)}  ${levelWords[rule.level]}: ${rule.reason}`);
    out.result({ rules: all.map(ruleForJson) }, lines.join("\n"));
    return exitCode.done;
  }
  const rule = all.find((one) => one.id === id);
  if (!rule) throw unknown(id, all);
  out.result({ rule: ruleForJson(rule) }, describe(rule, out.style));
  return exitCode.done;
}

function ruleForJson({ id, level, reason, happens, source, needsHost, bad, good }: Rule): object {
  return { id, level, reason, happens, source: source ?? null, needsHost: needsHost === true, bad, good };
}

function describe(rule: Rule, style: Style): string {
  return [
    `${style.strong(`lint/${rule.id}`)}  ${levelWords[rule.level]}`,
    "",
    `  ${sentence(rule.reason)}`,
    `  What happens: ${rule.happens}.`,
    ...(rule.needsHost ? ["  Looked at only with a host: on it, or with --host."] : []),
    ...(rule.source === undefined ? [] : [style.dim(`  See: ${rule.source}`)]),
    "",
    style.bad("  Bad"),
    ...shown(rule.bad),
    "",
    style.good("  Good"),
    ...shown(rule.good),
  ].join("\n");
}

function shown(example: Example): string[] {
  const units = typeof example === "string" ? { "": example } : example.units;
  return Object.entries(units).flatMap(([name, text]) => [
    ...(name === "" ? [] : [`    # ${name}`]),
    ...text
      .trimEnd()
      .split("\n")
      .map((line) => `    ${line}`.trimEnd()),
  ]);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function unknown(id: string, all: readonly Rule[]): HoldfastError {
  const near = nearest(
    id,
    all.map((rule) => rule.id),
  );
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/unknown-rule",
      summary: `Cannot explain "lint/${id}": there is no such rule`,
      fix: near === undefined ? "see all rules: holdfast explain lint/" : `holdfast explain lint/${near}`,
    },
    exitCode.usage,
  );
}
