import { posix } from "node:path";
import type { Diagnostic } from "../../report/diagnostic.ts";
import type { PlaceFinder } from "../../spec/place-finder.ts";
import { isSecret } from "../environment.ts";
import { readString } from "./js-string.ts";
import { JsText, Unread } from "./js-text.ts";
import type { DataNode } from "./node.ts";

const deepest = 64;

/**
 * Reads what a JavaScript module exports, as far as it is written down: literals, constants of the file, __dirname, path.join
 * and + of texts. Nothing is run; whatever would have to be is a node of kind "dynamic" with its text and place.
 */
export function readJs(
  text: string,
  file: string,
): { node: DataNode } | { node: null; diagnostics: Diagnostic[] } {
  const js = new JsText(text, file);
  try {
    const node = new JsReader(js, file).module();
    if (node !== null) return { node };
    return failed(
      js.at,
      0,
      "Cannot import this file: it has no module.exports = {...} and no export default",
      "run pm2 save, and import ~/.pm2/dump.pm2 instead",
    );
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    return failed(
      js.at,
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
  readonly #js: JsText;
  readonly #file: string;
  readonly #constants = new Map<string, DataNode>();
  #depth = 0;

  constructor(js: JsText, file: string) {
    this.#js = js;
    this.#file = file;
  }

  module(): DataNode | null {
    let exported = null as DataNode | null;
    for (;;) {
      this.#js.blank();
      if (this.#js.pos >= this.#js.text.length) return exported;
      if (this.#js.take(/module\s*\.\s*exports\s*=(?!=)|exports\s*=(?!=)|export\s+default\b/y) !== null)
        exported = this.#value();
      else {
        const part = this.#js.take(/(?:module\s*\.\s*)?exports\s*\.\s*([A-Za-z_$][\w$]*)\s*=(?!=)/y);
        const constant =
          part === null ? this.#js.take(/(?:export\s+)?(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*=/y) : null;
        if (part !== null) {
          const value = this.#value();
          const entries = new Map<string, DataNode>(exported?.kind === "map" ? exported.entries : []).set(
            part[1]!,
            value,
          );
          exported = { kind: "map", entries, at: value.at };
        } else if (constant !== null) this.#constants.set(constant[1]!, this.#value());
        else this.#js.skipStatement();
      }
      this.#js.blank();
      this.#js.take(/;/y);
    }
  }

  /** A value, and what is added to it. */
  #value(): DataNode {
    if (++this.#depth > deepest) throw new Unread(`it nests deeper than ${deepest} levels`, this.#js.pos);
    this.#js.blank();
    const start = this.#js.pos;
    let node = this.#primary(start);
    for (;;) {
      this.#js.blank();
      if (!this.#js.isEnd() && this.#js.take(/\+(?!\+)/y) !== null && node !== null) {
        this.#js.blank();
        const right = this.#primary(this.#js.pos);
        node = right === null ? null : this.#sum(node, right);
        if (node === null) break;
      } else break;
    }
    this.#depth -= 1;
    if (node !== null && this.#js.isEnd()) return node;
    // Something follows that only JavaScript could work out.
    this.#js.pos = start;
    return this.#dynamic(start);
  }

  #sum(left: DataNode, right: DataNode): DataNode | null {
    if (left.kind !== "scalar" || right.kind !== "scalar") return null;
    if (typeof left.value !== "string" && typeof right.value !== "string") return null;
    return { kind: "scalar", value: `${left.value}${right.value}`, at: left.at };
  }

  #primary(start: number): DataNode | null {
    const char = this.#js.char;
    const at = this.#js.at({ start, end: start + 1 });
    if (char === "{") return this.#object(start);
    if (char === "[") return this.#array(start);
    if (char === '"' || char === "'" || char === "`") return this.#string(start);
    if (char === "(") {
      this.#js.pos += 1;
      const inner = this.#value();
      this.#js.blank();
      return this.#js.take(/\)/y) === null ? null : inner;
    }
    const number = this.#js.take(/-?(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w$.])/y);
    if (number) return { kind: "scalar", value: Number(number[0].replaceAll("_", "")), at };
    const word = this.#js.take(/(?:true|false|null|undefined|__dirname|__filename)(?![\w$])/y);
    if (word) return { kind: "scalar", value: this.#word(word[0]), at };
    const joined = this.#js.take(/path\s*\.\s*(join|resolve)\s*\(/y);
    if (joined) return this.#path(joined[1]!, at);
    const name = this.#js.take(/[A-Za-z_$][\w$]*(?:\s*\.\s*[A-Za-z_$][\w$]*)*(?!\s*[\w$(.`[])/y);
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
      this.#js.blank();
      if (this.#js.take(/\)/y) !== null) break;
      const part = this.#value();
      if (part.kind !== "scalar" || typeof part.value !== "string") return null;
      parts.push(part.value);
      this.#js.blank();
      this.#js.take(/,/y);
      if (this.#js.pos >= this.#js.text.length) return null;
    }
    const value = how === "join" ? posix.join(...parts) : posix.resolve(posix.dirname(this.#file), ...parts);
    return { kind: "scalar", value, at };
  }

  #object(start: number): DataNode {
    this.#js.pos += 1;
    const entries = new Map<string, DataNode>();
    for (;;) {
      this.#js.blank();
      if (this.#js.take(/\}/y) !== null)
        return { kind: "map", entries, at: this.#js.at({ start, end: start + 1 }) };
      const from = this.#js.pos;
      if (this.#js.take(/\.\.\./y) !== null) {
        const spread = this.#value();
        if (spread.kind === "map") for (const [key, inner] of spread.entries) entries.set(key, inner);
        else entries.set(`...${from}`, { kind: "dynamic", text: "...", at: spread.at });
      } else {
        const key = this.#key();
        this.#js.blank();
        if (key === null) {
          entries.set(`...${from}`, this.#dynamic(from));
        } else if (this.#js.take(/:/y) !== null) entries.set(key, this.#value());
        else if (/[,}]/.test(this.#js.char ?? "")) {
          const short = this.#constant(key);
          entries.set(
            key,
            short ?? { kind: "dynamic", text: key, at: this.#js.at({ start: from, end: this.#js.pos }) },
          );
        } else {
          this.#js.pos = from;
          entries.set(key, this.#dynamic(from));
        }
      }
      this.#separate("}");
    }
  }

  #key(): string | null {
    const char = this.#js.char;
    if (char === '"' || char === "'") {
      const read = this.#string(this.#js.pos);
      return read?.kind === "scalar" ? String(read.value) : null;
    }
    return this.#js.take(/[A-Za-z_$][\w$]*|\d+/y)?.[0] ?? null;
  }

  #array(start: number): DataNode {
    this.#js.pos += 1;
    const items: DataNode[] = [];
    for (;;) {
      this.#js.blank();
      if (this.#js.take(/\]/y) !== null)
        return { kind: "list", items, at: this.#js.at({ start, end: start + 1 }) };
      if (this.#js.take(/\.\.\./y) !== null) {
        const spread = this.#value();
        if (spread.kind === "list") items.push(...spread.items);
        else items.push({ kind: "dynamic", text: "...", at: spread.at });
      } else items.push(this.#value());
      this.#separate("]");
    }
  }

  /** A comma, or what closes the list or the object. */
  #separate(close: "}" | "]"): void {
    const js = this.#js;
    js.blank();
    if (js.take(/,/y) !== null || js.char === close) return;
    const atEnd = js.pos >= js.text.length;
    throw new Unread(
      atEnd ? `a ${close} is missing at the end` : `a comma or a ${close} is missing here`,
      Math.min(js.pos, js.text.length - 1),
    );
  }

  /** null for a template with something in it that has to be worked out. */
  #string(start: number): DataNode | null {
    const value = readString(this.#js, (name) =>
      name === "__dirname" ? posix.dirname(this.#file) : this.#known(name),
    );
    return value === null ? null : { kind: "scalar", value, at: this.#js.at({ start, end: this.#js.pos }) };
  }

  #known(name: string): string | undefined {
    const node = this.#constant(name);
    return node?.kind === "scalar" ? String(node.value) : undefined;
  }

  #dynamic(start: number): DataNode {
    const text = this.#js.skipExpression(start);
    const end = start + Math.max(1, text.split("\n")[0]!.length);
    return { kind: "dynamic", text, at: this.#js.at({ start, end }) };
  }
}
