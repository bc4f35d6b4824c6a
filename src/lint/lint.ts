import type { Finding, Level, LintContext, Rule } from "./rule.ts";
import type { LintUnit } from "./lint-unit.ts";

/** What a rule found, with the rule. */
export type Found = Finding & { rule: Rule; level: Level; unit: LintUnit };

/** Holds units against rules. A finding in a file that several units share is told once. */
export function lintUnits(units: readonly LintUnit[], rules: readonly Rule[], context: LintContext): Found[] {
  const usable = rules.filter((rule) => !rule.needsHost || context.host !== null);
  const told = new Set<string>();
  const found: Found[] = [];
  for (const unit of units) {
    if (unit.masked) continue;
    for (const rule of usable)
      for (const finding of rule.check(unit, context)) {
        const key = `${rule.id} ${finding.file.path} ${finding.start} ${finding.end} ${finding.says}`;
        if (told.has(key)) continue;
        told.add(key);
        found.push({ ...finding, rule, level: finding.level ?? rule.level, unit });
      }
  }
  return found;
}

/** Whether a finding fails a check by default: what is only risky does not. */
export function isError(level: Level): boolean {
  return level !== "risky";
}
