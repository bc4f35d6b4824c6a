import { Unread, type JsText } from "./js-text.ts";

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\n": "",
  b: "\b",
  f: "\f",
  v: "\v",
  "0": "\0",
};

/**
 * Reads the text that begins here, with what `known` says of the names in a template; null, and nothing passed over, for a
 * template with something in it that has to be worked out.
 */
export function readString(js: JsText, known: (name: string) => string | undefined): string | null {
  const { text, pos: start } = js;
  const quote = text[start]!;
  let out = "";
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === quote) {
      js.pos = i + 1;
      return out;
    }
    if (char === "\\") {
      const next = text[++i] ?? "";
      const unicode = /^(?:u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2}))/.exec(
        text.slice(i, i + 10),
      );
      const code = unicode ? Number.parseInt(unicode[1] ?? unicode[2] ?? unicode[3]!, 16) : -1;
      if (unicode && code <= 0x10ffff) {
        out += String.fromCodePoint(code);
        i += unicode[0].length - 1;
      } else out += escapes[next] ?? next;
    } else if (quote === "`" && text.startsWith("${", i)) {
      const name = /^\$\{\s*([A-Za-z_$][\w$.]*)\s*\}/.exec(text.slice(i, i + 200));
      const value = name ? known(name[1]!) : undefined;
      if (value === undefined) return null;
      out += value;
      i += name![0].length - 1;
    } else if (char === "\n" && quote !== "`") throw new Unread("a text is never closed", start);
    else out += char;
  }
  throw new Unread("a text is never closed", start);
}
