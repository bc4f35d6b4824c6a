import type { Rule } from "./rule.ts";
import { execLineRules } from "./rules/exec-lines.ts";
import { execWordRules } from "./rules/exec-words.ts";
import { execExpansionRules } from "./rules/exec-expansion.ts";
import { programRules } from "./rules/programs.ts";
import { specifierRules } from "./rules/specifiers.ts";
import { capabilityRules } from "./rules/capabilities.ts";
import { commentRules } from "./rules/comments.ts";
import { directiveRules } from "./rules/directives.ts";
import { lineRules } from "./rules/lines.ts";
import { sectionRules } from "./rules/sections.ts";
import { sizeAndTimeRules } from "./rules/sizes-and-times.ts";
import { systemCallRules } from "./rules/system-calls.ts";
import { valueRules } from "./rules/values.ts";

/** Every rule, in the order in which they are tried. */
export const lintRules: readonly Rule[] = [
  ...lineRules,
  ...sectionRules,
  ...directiveRules,
  ...commentRules,
  ...valueRules,
  ...sizeAndTimeRules,
  ...capabilityRules,
  ...systemCallRules,
  ...execLineRules,
  ...execWordRules,
  ...execExpansionRules,
  ...programRules,
  ...specifierRules,
];
