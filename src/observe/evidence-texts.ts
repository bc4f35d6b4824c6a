import type { AppMask } from "./app-mask.ts";

/** A file of a bundle before it is written. `cut`: what was left out to make it fit; null: nothing. */
export type EvidenceText = { name: string; text: string; redactions: number; cut: string | null };

/** What programs and people put into words: left out when nobody knows what must not be shown. */
const freeWords: ReadonlySet<string> = new Set([
  "says",
  "why",
  "detail",
  "title",
  "dueWhy",
  "heldWhy",
  "command",
  "text",
  "value",
  "StatusText",
]);

export const wordsLeftOut = "(left out: its secrets could not be read, so not hidden)";

const startLength = 2048;

/**
 * Facts as JSON, every text of them masked; without a mask their words are left out. Too large, its lists keep their ends
 * only, where what is newest stands; null when even that does not fit.
 */
export function evidenceJson(
  name: string,
  facts: unknown,
  mask: AppMask | null,
  mostBytes: number,
): EvidenceText | null {
  let whole = true;
  for (let most = startLength; most >= 1; most = Math.floor(most / 2)) {
    const { text, redactions, cut } = jsonOf(facts, mask, most);
    if (Buffer.byteLength(text) > mostBytes) continue;
    whole &&= !cut;
    return { name, text, redactions, cut: whole ? null : `lists of it keep their last ${most}` };
  }
  return null;
}

function jsonOf(facts: unknown, mask: AppMask | null, most: number) {
  let redactions = 0;
  let cut = false;
  const shown = (key: string, value: unknown): unknown => {
    if (typeof value === "bigint") return Number(value);
    if (Array.isArray(value) && value.length > most) {
      cut = true;
      return value.slice(-most) as unknown[];
    }
    if (typeof value !== "string") return value;
    if (mask === null) return freeWords.has(key) ? wordsLeftOut : value;
    const { text, count } = mask.redact(value);
    redactions += count;
    return text;
  };
  return { text: `${JSON.stringify(facts, shown, 1)}\n`, redactions, cut };
}

/** The last lines that fit, whole ones. */
export function lastLines(lines: readonly string[], mostBytes: number): { lines: string[]; dropped: number } {
  let size = 0;
  let from = lines.length;
  while (from > 0 && (size += Buffer.byteLength(lines[from - 1]!) + 1) <= mostBytes) from -= 1;
  return { lines: lines.slice(from), dropped: from };
}
