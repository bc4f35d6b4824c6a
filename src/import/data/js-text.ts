import { placeFinder, type PlaceFinder } from "../../spec/place-finder.ts";

/** Something that no JavaScript can be; `start` is where it begins. */
export class Unread extends Error {
  readonly start: number;
  constructor(message: string, start: number) {
    super(message);
    this.start = start;
  }
}

/** JavaScript as text with a position in it: what can be said of it without knowing what it means. */
export class JsText {
  readonly at: PlaceFinder;
  readonly text: string;
  pos = 0;

  constructor(text: string, file: string) {
    this.text = text.replace(/^\uFEFF/, " ");
    this.at = placeFinder(this.text, file);
  }

  get char(): string | undefined {
    return this.text[this.pos];
  }

  /** Takes what a sticky pattern finds here; null when it finds nothing. */
  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.pos;
    const match = pattern.exec(this.text);
    if (match) this.pos = pattern.lastIndex;
    return match;
  }

  /** Passes over blanks and comments. */
  blank(): void {
    for (;;) {
      if (this.take(/\s+/y) !== null) continue;
      if (this.take(/\/\/[^\n]*/y) !== null) continue;
      if (this.text.startsWith("/*", this.pos)) {
        const end = this.text.indexOf("*/", this.pos + 2);
        this.pos = end === -1 ? this.text.length : end + 2;
        continue;
      }
      return;
    }
  }

  /** Does an expression end here? */
  isEnd(): boolean {
    const char = this.text[this.pos];
    if (char === undefined || /[,;}\])]/.test(char)) return true;
    // Without a semicolon a new statement begins in a new line.
    let before = this.pos;
    let newLine = false;
    for (; before > 0 && /\s/.test(this.text[before - 1]!); before--)
      newLine ||= this.text[before - 1] === "\n";
    return newLine && /[A-Za-z_$]/.test(char);
  }

  /** Passes over an expression, to where the next one begins, and returns its text from `start` on. */
  skipExpression(start: number): string {
    let depth = 0;
    while (this.pos < this.text.length) {
      const char = this.text[this.pos]!;
      if (/["'`]/.test(char)) this.#skipText(char);
      else if (this.text.startsWith("//", this.pos) || this.text.startsWith("/*", this.pos)) this.blank();
      else if (/[{[(]/.test(char)) {
        depth += 1;
        this.pos += 1;
      } else if (/[}\])]/.test(char)) {
        if (depth === 0) break;
        depth -= 1;
        this.pos += 1;
      } else if (depth === 0 && (char === "," || char === ";")) break;
      else if (depth === 0 && char === "\n" && this.#beginsStatement()) break;
      else this.pos += 1;
    }
    return this.text.slice(start, this.pos).trim();
  }

  /** Passes over a statement that says nothing of what is exported. */
  skipStatement(): void {
    const from = this.pos;
    for (;;) {
      this.skipExpression(this.pos);
      const char = this.text[this.pos];
      if (char === undefined || char === ";" || (char === "\n" && this.pos > from)) break;
      this.pos += 1;
      // The end of a block ends a statement, too.
      if (char === "}") break;
    }
    if (this.pos === from) this.pos += 1;
  }

  /** Without a semicolon a new line with one of these words ends what came before. */
  #beginsStatement(): boolean {
    const next = /\s+(?:module\s*\.\s*exports|exports\s*\.|export\s+default|const\s|let\s|var\s|function\s)/y;
    next.lastIndex = this.pos;
    return next.test(this.text);
  }

  #skipText(quote: string): void {
    for (this.pos += 1; this.pos < this.text.length; this.pos++) {
      const char = this.text[this.pos]!;
      if (char === "\\") this.pos += 1;
      else if (char === quote) {
        this.pos += 1;
        return;
      }
    }
  }
}
