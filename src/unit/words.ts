/** One word of a value: its text after quotes and escapes are taken away, and where it stands in the value. */
export type Word = { text: string; start: number; end: number; quoted: boolean };

export type Words = {
  words: Word[];
  /** A quote that is never closed: systemd ignores the whole assignment. */ unclosed: boolean;
};

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
  s: " ",
};

/**
 * Splits a value into words as systemd does (systemd.syntax(7), extract_first_word() of src/basic/extract-word.c). Quotes may
 * stand anywhere in a word. `unescape` is for directives that read C escapes, such as ExecStart= and Environment=; unknown
 * escapes stay as they are there, and elsewhere a backslash takes the next character literally.
 */
export function splitWords(value: string, unescape = true): Words {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (at < value.length && isBlank(value[at]!)) at += 1;
    if (at >= value.length) return { words, unclosed: false };
    const start = at;
    let text = "";
    let quote = "";
    let quoted = false;
    while (at < value.length) {
      const char = value[at]!;
      if (quote === "" && isBlank(char)) break;
      if (char === "\\") {
        const [read, length] = readEscape(value, at, unescape);
        text += read;
        at += length;
      } else if (quote === char) {
        quote = "";
        at += 1;
      } else if (quote === "" && (char === '"' || char === "'")) {
        quote = char;
        quoted = true;
        at += 1;
      } else {
        text += char;
        at += 1;
      }
    }
    if (quote !== "") return { words, unclosed: true };
    words.push({ text, start, end: at, quoted });
  }
}

function readEscape(value: string, at: number, unescape: boolean): [text: string, length: number] {
  const next = value[at + 1];
  if (next === undefined) return ["\\", 1];
  if (!unescape) return [next, 2];
  if (escapes[next] !== undefined) return [escapes[next], 2];
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(
    value.slice(at + 1, at + 10),
  );
  if (!code) return [`\\${next}`, 2];
  const number =
    code[4] === undefined ? parseInt((code[1] ?? code[2] ?? code[3])!, 16) : parseInt(code[4], 8);
  return number === 0 || number > 0x10ffff
    ? [`\\${next}`, 2]
    : [String.fromCodePoint(number), code[0].length + 1];
}

/** WHITESPACE of systemd (src/basic/string-util.h), not Unicode's. */
function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\n" || char === "\r";
}
