import { makeLinearPattern } from "../../value/linear-pattern.ts";

/** Is there a match in the text? Of a long text only the beginning is looked at. */
export type Matcher = (text: string) => boolean;

/** In UTF-16 code units. */
const longestMatched = 8192;

/**
 * Compiles a pattern of the spec for text that may be hostile: whatever it is, a match takes bounded time. Throws an
 * error in words when that cannot be promised (another Node.js than the one it was applied with).
 */
export function compileMatch(pattern: string, longest: number = longestMatched): Matcher {
  const made = makeLinearPattern(pattern);
  if (!made.ok) throw new Error(`the pattern ${JSON.stringify(pattern)} cannot be used: ${made.expected}`);
  return (text) => made.value.test(text.length > longest ? text.slice(0, longest) : text);
}
