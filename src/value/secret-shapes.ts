/** What stands in the place of something that looks like a secret and that nobody has declared. */
export const hiddenMark = "[hidden]";

const keys = "(?:api|access|private|secret|auth|signing)[-_]?key";
/** Names that say by themselves that their value is secret; "key" and "pass" do so only before "=". */
const words = `token|secret|password|passwd|passphrase|credentials?|${keys}`;
const assigned = `(?:${words}|signature|(?<![a-z0-9])(?:key|pass|sig))`;
const quoted = `"[^"]{0,4096}"|'[^']{0,4096}'`;

/**
 * What looks like a secret; the first group is what stays before it. Linear in the length of the text: a pattern begins with a
 * word, or where no such character is before it, and whatever follows is bounded, or is the last part and cannot fail.
 */
const shapes: readonly RegExp[] = [
  // A key block; one without an end may have been cut.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?/g,
  // Headers, to the end of the line or of the quotes: some have several parts.
  /(\b(?:authorization|set-cookie|cookie)\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?(?:(?:bearer|basic|token|bot|apikey) )?)(?:digest [^\r\n\0]+|[^\s"',;\0][^"'\r\n\0]*)/gi,
  /(\bbearer\s{1,3})[\w.~+/=-]{16,}/gi,
  // An account in an address; a password may hold an "@".
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>\\]{1,512}(?=@)/gi,
  /(\bhooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]+/gi,
  /(\bdiscord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/)[\w/-]+/gi,
  // --db-password correct, --token=x
  new RegExp(
    `((?<![\\w-])--?(?:[a-z0-9]{1,30}[-_]){0,4}(?:${words}|pass)(?:=|[ \\t]{1,8}))(?:${quoted}|[^\\s\\0]+)`,
    "gi",
  ),
  // API_TOKEN=x, ?key=x&more, token = "x", :token=>"x"
  new RegExp(`(${assigned} ?=>? ?(?![=>]))(?:${quoted}|[^\\s"'&,;\\0]+)`, "gi"),
  // "token": "x", in JSON, in JSON within JSON, and as Python writes it.
  new RegExp(`((?:${words})"\\s{0,3}:\\s{0,3}")(?:[^"\\\\]|\\\\[^])+`, "gi"),
  new RegExp(`((?:${words})\\\\"\\s{0,3}:\\s{0,3}\\\\")[^"\\\\]+`, "gi"),
  new RegExp(`((?:${words})'\\s{0,3}:\\s{0,3}')(?:[^'\\\\]|\\\\[^])+`, "gi"),
  // token: x1; prose ("invalid token: expected a number") has no word with a digit there.
  new RegExp(`((?:${words}):\\s{0,3})(?=[^\\s\\d"',;]{0,64}\\d)[^\\s"',;]{8,}`, "gi"),
  // Tokens that name their maker.
  /\bx(?:ox[a-z]|app)-[\w-]{10,}/g,
  /\b(?:gh[a-z]_|github_pat_|glpat-|npm_|hf_)\w{16,}/g,
  /\b[prs]k_(?:live|test)_\w{8,}/g,
  /\bsk-[\w-]{20,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[\w-]{35}/g,
  /\bSG\.[\w-]{16,64}\.[\w-]{16,128}/g,
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  // A bot of Telegram; in its addresses "bot" stands before the number.
  /(?<!\d)\d{8,10}:[\w-]{35}(?![\w-])/g,
];

/** Command lines of the kernel: NUL is between the words, and a word may hold blanks. */
const ofWords: readonly RegExp[] = [
  new RegExp(`((?<![^\\0])--?[\\w.-]{0,64}?(?:${words}|pass)\\0)[^\\0]+`, "gi"),
  new RegExp(`((?<![^\\0])[\\w.-]{0,80}?${assigned}=)[^\\0]+`, "gi"),
];

/** Takes out of a text what looks like a secret, and says how often. `marks` stand for something that is hidden already. */
export function hideShapes(
  text: string,
  marks: ReadonlySet<string> = new Set(),
): { text: string; count: number } {
  let rest = text;
  let count = 0;
  for (const shape of text.includes("\0") ? [...ofWords, ...shapes] : shapes)
    rest = rest.replace(shape, (all: string, group: unknown) => {
      const kept = typeof group === "string" ? group : "";
      const taken = all.slice(kept.length).replace(/^["'](.*)["']$/s, "$1");
      if (taken === hiddenMark || marks.has(taken)) return all;
      count += 1;
      return `${kept}${hiddenMark}`;
    });
  return { text: rest, count };
}

const beginsKey = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/;
const endsKey = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/;
/** Longer than any key: one whose end was lost does not hide a whole log. */
const mostKeyLines = 200;

/** Lines of a log come one by one, and a private key is many of them: hides those between its first and its last. */
export class KeyLines {
  readonly #open = new Map<number, number>();

  /** Of one writer, in order. */
  take(writer: number, text: string): string {
    const lines = this.#open.get(writer);
    if (lines === undefined) {
      const begins = beginsKey.exec(text);
      if (begins !== null && !endsKey.test(text.slice(begins.index))) this.#open.set(writer, 0);
      return text;
    }
    if (endsKey.test(text) || lines >= mostKeyLines) this.#open.delete(writer);
    else this.#open.set(writer, lines + 1);
    return hiddenMark;
  }
}
