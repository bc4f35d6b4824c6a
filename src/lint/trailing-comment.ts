import { directiveIn } from "../unit/directives.ts";
import type { Assignment } from "../unit/unit-file.ts";
import { splitWords } from "../unit/words.ts";
import { isCommandKey } from "./in-force.ts";

/** Values that are text for people or programs: "#" belongs to it. */
const freeText = new Set([
  "Description",
  "Documentation",
  "StandardInputText",
  "StandardInputData",
  "SetCredential",
  "SetCredentialEncrypted",
  "LogFilterPatterns",
  "Options",
  "ExtraOptions",
  "RebootArgument",
  "JobTimeoutRebootArgument",
]);

/** Where in the value of an assignment something stands that was meant as a comment; null when nothing does. */
export function trailingComment(assignment: Assignment): number | null {
  const { section, key, value } = assignment;
  if (!/\s[#;]/.test(value) || section === null || freeText.has(key)) return null;
  const info = directiveIn(section, key);
  if (info === null) return null;
  if (isCommandKey(key) || key === "Environment") return commentWord(value);
  const quotes = /["']/.test(value) ? splitWords(value).words.filter(({ quoted }) => quoted) : [];
  for (const { index } of value.matchAll(/\s(?:#|;(?=\s|$))/g)) {
    const at = index + 1;
    if (!quotes.some(({ start, end }) => at > start && at < end)) return at;
  }
  return null;
}

/** The value without what was meant as a comment: so that other rules do not tell the same mistake again. */
export function withoutComment(assignment: Assignment): string {
  const at = trailingComment(assignment);
  return at === null ? assignment.value : assignment.value.slice(0, at).trimEnd();
}

/** "#" and a blank, or "#word" when it is no colour and more words follow it. */
function commentWord(value: string): number | null {
  const { words } = splitWords(value);
  for (const [index, { text, start }] of words.entries()) {
    if (index === 0 || value[start] !== "#") continue;
    if (text === "#" || text.startsWith("##")) return start;
    if (/^#[A-Za-z]{2,}/.test(text) && !/^#[0-9a-fA-F]{3,8}$/.test(text) && index < words.length - 1)
      return start;
  }
  return null;
}
