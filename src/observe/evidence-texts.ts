import type { AppMask } from "./app-mask.ts";

/** A file of a bundle before it is written. `cut`: what was left out to make it fit; null: nothing. */
export type EvidenceText = { name: string; text: string; redactions: number; cut: string | null };

/** What programs and people put into words: left out when nobody knows what must not be shown. */
const freeWords: ReadonlySet<string> = new Set([
  "says",
  "why",
  "detail",
  "title",
  "lines",
  "dueWhy",
  "heldWhy",
  "firstError",
  "lastError",
  "command",
  "text",
  "value",
  "StatusText",
]);

const wordsLeftOut = "(left out: its secrets could not be read, so not hidden)";

/** Facts with every text of them masked, and how often; without a mask their words are left out. Large numbers become plain ones. */
export function withoutSecrets<T>(facts: T, mask: AppMask | null): { facts: T; redactions: number } {
  let redactions = 0;
  const shown = (key: string, value: unknown): unknown => {
    if (typeof value === "bigint") return Number(value);
    if (mask === null && freeWords.has(key) && value !== null && typeof value !== "number")
      return Array.isArray(value) ? [wordsLeftOut] : wordsLeftOut;
    if (Array.isArray(value)) return value.map((one) => shown("", one));
    if (typeof value === "string") {
      if (mask === null) return value;
      const { text, count } = mask.redact(value);
      redactions += count;
      return text;
    }
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(name, one)]));
  };
  return { facts: shown("", facts) as T, redactions };
}

const startLength = 2048;

/**
 * Facts as JSON, without secrets. Too large, its lists keep their ends only, where what is newest stands; null when even that
 * does not fit.
 */
export function evidenceJson(
  name: string,
  facts: unknown,
  mask: AppMask | null,
  mostBytes: number,
): EvidenceText | null {
  const shown = withoutSecrets(facts, mask);
  for (let most = startLength; most >= 1; most = Math.floor(most / 2)) {
    let cut: string | null = null;
    const ends = (_key: string, value: unknown): unknown => {
      if (!Array.isArray(value) || value.length <= most) return value;
      cut = `lists of it keep their last ${most}`;
      return value.slice(-most) as unknown[];
    };
    const text = `${JSON.stringify(shown.facts, ends, 1)}\n`;
    if (Buffer.byteLength(text) <= mostBytes) return { name, text, redactions: shown.redactions, cut };
  }
  return null;
}

/** The last lines that fit, whole ones. */
export function lastLines(lines: readonly string[], mostBytes: number): { lines: string[]; dropped: number } {
  let size = 0;
  let from = lines.length;
  while (from > 0 && (size += Buffer.byteLength(lines[from - 1]!) + 1) <= mostBytes) from -= 1;
  return { lines: lines.slice(from), dropped: from };
}
