import type { Rule } from "./rule.ts";
import { sectionRules } from "./rules/sections.ts";

/** Every rule, in the order in which they are tried. */
export const lintRules: readonly Rule[] = [...sectionRules];
