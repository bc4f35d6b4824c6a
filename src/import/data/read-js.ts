import { posix } from "node:path";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { placeFinder, type PlaceFinder } from "../../spec/place-finder.ts";
import { isSecret } from "../environment.ts";
import type { DataNode } from "./node.ts";

const deepest = 64;

class Unread extends Error {
  readonly start: number;
  constructor(message: string, start: number) {
    super(message);
    this.start = start;
  }
}

/**
 * Reads what a JavaScript module exports, as far as it is written down: literals, constants of the file, __dirname, path.join
 * and + of texts. Nothing is run; whatever would have to be is a node of kind "dynamic" with its text and place.
 */
export function readJs(
  text: string,
  file: string,
): { node: DataNode } | { node: null; diagnostics: Diagnostic[] } {
  const reader = new JsReader(text, file);
  try {
    const node = reader.module();
    if (node !== null) return { node };
    return failed(
      reader.at,
      0,
      "Cannot import this file: it has no module.exports = {...} and no export default",
      "run pm2 save, and import ~/.pm2/dump.pm2 instead",
    );
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    return failed(
      reader.at,
      error.start,
      `Cannot read this as a literal of JavaScript: ${error.message}`,
      "only literals are read, and nothing is run: run pm2 save, and import ~/.pm2/dump.pm2 instead",
    );
  }
}

function failed(
  at: PlaceFinder,
  start: number,
  summary: string,
  fix: string,
): { node: null; diagnostics: Diagnostic[] } {
  return {
    node: null,
    diagnostics: [
      { severity: "error", code: "import/not-a-literal", summary, at: at({ start, end: start + 1 }), fix },
    ],
  };
}

/** apiToken is api_token to whoever looks for secrets. */
function snake(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1_$2");
}

class JsReader {
  readonly at: PlaceFinder;
  readonly #text: string;
  readonly #file: string;
  readonly #constants = new Map<string, DataNode>();
  #pos = 0;
  #depth = 0;

  constructor(text: string, file: string) {
    this.#text = text.replace(/^\uFEFF/, " ");
    this.#file = file;
    this.at = placeFinder(this.#text, file);
  }

  module(): DataNode | null {
    let exported = null as DataNode | null;
    for (;;) {
      this.#blank();
      if (this.#pos >= this.#text.length) return exported;
      if (this.#take(/module\s*\.\s*exports\s*=(?!=)|exports\s*=(?!=)|export\s+default\b/y) !== null)
        exported = this.#value();
      else {
        const part = this.#take(/(?:module\s*\.\s*)?exports\s*\.\s*([A-Za-z_$][\w$]*)\s*=(?!=)/y);
        const constant =
          part === null ? this.#take(/(?:export\s+)?(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*=/y) : null;
        if (part !== null) {
          const value = this.#value();
          const entries = new Map<string, DataNode>(exported?.kind === "map" ? exported.entries : []).set(
            part[1]!,
            value,
          );
          exported = { kind: "map", entries, at: value.at };
        } else if (constant !== null) this.#constants.set(constant[1]!, this.#value());
        else this.#skipStatement();
      }
      this.#blank();
      this.#take(/;/y);
    }
  }

  /** A value, and what is added to it. */
  #value(): DataNode {
    if (++this.#depth > deepest) throw new Unread(`it nests deeper than ${deepest} levels`, this.#pos);
    this.#blank();
    const start = this.#pos;
    let node = this.#primary(start);
    for (;;) {
      this.#blank();
      if (!this.#isEnd() && this.#take(/\+(?!\+)/y) !== null && node !== null) {
        this.#blank();
        const right = this.#primary(this.#pos);
        node = right === null ? null : this.#sum(node, right);
        if (node === null) break;
      } else break;
    }
    this.#depth -= 1;
    if (node !== null && this.#isEnd()) return node;
    // Something follows that only JavaScript could work out.
    this.#pos = start;
    return this.#dynamic(start);
  }

  #sum(left: DataNode, right: DataNode): DataNode | null {
    if (left.kind !== "scalar" || right.kind !== "scalar") return null;
    if (typeof left.value !== "string" && typeof right.value !== "string") return null;
    return { kind: "scalar", value: `${left.value}${right.value}`, at: left.at };
  }

  #isEnd(): boolean {
    const char = this.#text[this.#pos];
    if (char === undefined || /[,;}\])]/.test(char)) return true;
    // Without a semicolon a new statement begins in a new line.
    let before = this.#pos;
    let newLine = false;
    for (; before > 0 && /\s/.test(this.#text[before - 1]!); before--)
      newLine ||= this.#text[before - 1] === "\n";
    return newLine && /[A-Za-z_$]/.test(char);
  }

  #primary(start: number): DataNode | null {
    const char = this.#text[this.#pos];
    const at = this.at({ start, end: start + 1 });
    if (char === "{") return this.#object(start);
    if (char === "[") return this.#array(start);
    if (char === '"' || char === "'" || char === "`") return this.#string(start);
    if (char === "(") {
      this.#pos += 1;
      const inner = this.#value();
      this.#blank();
      return this.#take(/\)/y) === null ? null : inner;
    }
    const number = this.#take(/-?(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w$.])/y);
    if (number) return { kind: "scalar", value: Number(number[0].replaceAll("_", "")), at };
    const word = this.#take(/(?:true|false|null|undefined|__dirname|__filename)(?![\w$])/y);
    if (word) return { kind: "scalar", value: this.#word(word[0]), at };
    const joined = this.#take(/path\s*\.\s*(join|resolve)\s*\(/y);
    if (joined) return this.#path(joined[1]!, at);
    const name = this.#take(/[A-Za-z_$][\w$]*(?:\s*\.\s*[A-Za-z_$][\w$]*)*(?!\s*[\w$(.`[])/y);
    return name ? this.#constant(name[0]) : null;
  }

  #word(word: string): string | boolean | null {
    if (word === "true" || word === "false") return word === "true";
    if (word === "__dirname") return posix.dirname(this.#file);
    return word === "__filename" ? this.#file : null;
  }

  #constant(name: string): DataNode | null {
    const [first, ...rest] = name.split(".").map((part) => part.trim());
    let node = this.#constants.get(first!);
    for (const part of rest) node = node?.kind === "map" ? node.entries.get(part) : undefined;
    // A secret keeps its name: put in, it would stand under another one.
    const secret = node?.kind === "scalar" && isSecret(snake(rest.at(-1) ?? first!), String(node.value));
    return secret ? null : (node ?? null);
  }

  #path(how: string, at: DataNode["at"]): DataNode | null {
    const parts: string[] = [];
    for (;;) {
      this.#blank();
      if (this.#take(/\)/y) !== null) break;
      const part = this.#value();
      if (part.kind !== "scalar" || typeof part.value !== "string") return null;
      parts.push(part.value);
      this.#blank();
      this.#take(/,/y);
      if (this.#pos >= this.#text.length) return null;
    }
    const value = how === "join" ? posix.join(...parts) : posix.resolve(posix.dirname(this.#file), ...parts);
    return { kind: "scalar", value, at };
  }

  #object(start: number): DataNode {
    this.#pos += 1;
    const entries = new Map<string, DataNode>();
    for (;;) {
      this.#blank();
      if (this.#take(/\}/y) !== null) return { kind: "map", entries, at: this.at({ start, end: start + 1 }) };
      const from = this.#pos;
      if (this.#take(/\.\.\./y) !== null) {
        const spread = this.#value();
        if (spread.kind === "map") for (const [key, inner] of spread.entries) entries.set(key, inner);
        else entries.set(`...${from}`, { kind: "dynamic", text: "...", at: spread.at });
      } else {
        const key = this.#key();
        this.#blank();
        if (key === null) {
          entries.set(`...${from}`, this.#dynamic(from));
        } else if (this.#take(/:/y) !== null) entries.set(key, this.#value());
        else if (/[,}]/.test(this.#text[this.#pos] ?? "")) {
          const short = this.#constant(key);
          entries.set(
            key,
            short ?? { kind: "dynamic", text: key, at: this.at({ start: from, end: this.#pos }) },
          );
        } else {
          this.#pos = from;
          entries.set(key, this.#dynamic(from));
        }
      }
      this.#blank();
      if (this.#take(/,/y) === null && this.#text[this.#pos] !== "}")
        throw new Unread(
          this.#pos >= this.#text.length ? "a } is missing at the end" : "a comma or a } is missing here",
          Math.min(this.#pos, this.#text.length - 1),
        );
    }
  }

  #key(): string | null {
    const char = this.#text[this.#pos];
    if (char === '"' || char === "'") {
      const read = this.#string(this.#pos);
      return read?.kind === "scalar" ? String(read.value) : null;
    }
    return this.#take(/[A-Za-z_$][\w$]*|\d+/y)?.[0] ?? null;
  }

  #array(start: number): DataNode {
    this.#pos += 1;
    const items: DataNode[] = [];
    for (;;) {
      this.#blank();
      if (this.#take(/\]/y) !== null) return { kind: "list", items, at: this.at({ start, end: start + 1 }) };
      if (this.#take(/\.\.\./y) !== null) {
        const spread = this.#value();
        if (spread.kind === "list") items.push(...spread.items);
        else items.push({ kind: "dynamic", text: "...", at: spread.at });
      } else items.push(this.#value());
      this.#blank();
      if (this.#take(/,/y) === null && this.#text[this.#pos] !== "]")
        throw new Unread(
          this.#pos >= this.#text.length ? "a ] is missing at the end" : "a comma or a ] is missing here",
          Math.min(this.#pos, this.#text.length - 1),
        );
    }
  }

  /** null for a template with something in it that has to be worked out. */
  #string(start: number): DataNode | null {
    const quote = this.#text[this.#pos]!;
    let out = "";
    for (let i = this.#pos + 1; i < this.#text.length; i++) {
      const char = this.#text[i]!;
      if (char === quote) {
        this.#pos = i + 1;
        return { kind: "scalar", value: out, at: this.at({ start, end: this.#pos }) };
      }
      if (char === "\\") {
        const next = this.#text[++i] ?? "";
        const unicode = /^(?:u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2}))/.exec(
          this.#text.slice(i, i + 10),
        );
        const code = unicode ? Number.parseInt(unicode[1] ?? unicode[2] ?? unicode[3]!, 16) : -1;
        if (unicode && code <= 0x10ffff) {
          out += String.fromCodePoint(code);
          i += unicode[0].length - 1;
        } else
          out += { n: "\n", t: "\t", r: "\r", "\n": "", b: "\b", f: "\f", v: "\v", "0": "\0" }[next] ?? next;
      } else if (quote === "`" && this.#text.startsWith("${", i)) {
        const name = /^\$\{\s*([A-Za-z_$][\w$.]*)\s*\}/.exec(this.#text.slice(i, i + 200));
        const value = name
          ? name[1] === "__dirname"
            ? posix.dirname(this.#file)
            : this.#known(name[1]!)
          : undefined;
        if (value === undefined) return null;
        out += value;
        i += name![0].length - 1;
      } else if (char === "\n" && quote !== "`") throw new Unread("a text is never closed", start);
      else out += char;
    }
    throw new Unread("a text is never closed", start);
  }

  #known(name: string): string | undefined {
    const node = this.#constant(name);
    return node?.kind === "scalar" ? String(node.value) : undefined;
  }

  /** Passes over an expression, to where the next one begins. */
  #dynamic(start: number): DataNode {
    let depth = 0;
    while (this.#pos < this.#text.length) {
      const char = this.#text[this.#pos]!;
      if (/["'`]/.test(char)) this.#skipText(char);
      else if (this.#text.startsWith("//", this.#pos) || this.#text.startsWith("/*", this.#pos))
        this.#blank();
      else if (/[{[(]/.test(char)) {
        depth += 1;
        this.#pos += 1;
      } else if (/[}\])]/.test(char)) {
        if (depth === 0) break;
        depth -= 1;
        this.#pos += 1;
      } else if (depth === 0 && (char === "," || char === ";")) break;
      else if (depth === 0 && char === "\n" && this.#beginsStatement()) break;
      else this.#pos += 1;
    }
    const text = this.#text.slice(start, this.#pos).trim();
    return {
      kind: "dynamic",
      text,
      at: this.at({ start, end: start + Math.max(1, text.split("\n")[0]!.length) }),
    };
  }

  /** Without a semicolon a new line with one of these words ends what came before. */
  #beginsStatement(): boolean {
    const next = /\s+(?:module\s*\.\s*exports|exports\s*\.|export\s+default|const\s|let\s|var\s|function\s)/y;
    next.lastIndex = this.#pos;
    return next.test(this.#text);
  }

  #skipText(quote: string): void {
    for (this.#pos += 1; this.#pos < this.#text.length; this.#pos++) {
      const char = this.#text[this.#pos]!;
      if (char === "\\") this.#pos += 1;
      else if (char === quote) {
        this.#pos += 1;
        return;
      }
    }
  }

  #skipStatement(): void {
    const from = this.#pos;
    for (;;) {
      this.#dynamic(this.#pos);
      const char = this.#text[this.#pos];
      if (char === undefined || char === ";" || (char === "\n" && this.#pos > from)) break;
      this.#pos += 1;
      // The end of a block ends a statement, too.
      if (char === "}") break;
    }
    if (this.#pos === from) this.#pos += 1;
  }

  #blank(): void {
    for (;;) {
      if (this.#take(/\s+/y) !== null) continue;
      if (this.#take(/\/\/[^\n]*/y) !== null) continue;
      if (this.#text.startsWith("/*", this.#pos)) {
        const end = this.#text.indexOf("*/", this.#pos + 2);
        this.#pos = end === -1 ? this.#text.length : end + 2;
        continue;
      }
      return;
    }
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#pos;
    const match = pattern.exec(this.#text);
    if (match) this.#pos = pattern.lastIndex;
    return match;
  }
}
