import type { Assignment, JunkKind, UnitFile, UnitNode } from "./unit-file.ts";

/** PID 1 refuses a file with a longer line (LONG_LINE_MAX in systemd's src/basic/fileio.h). */
const longestLine = 1_048_576;

const lf = 10;
const cr = 13;
const nul = 0;
const space = 32;
const tab = 9;
const hash = 35;
const semicolon = 59;
const backslash = 92;
const bracket = 91;

/**
 * Reads a unit file as PID 1 does (systemd.syntax(7), and src/shared/conf-parser.c where the page is silent): lines end at
 * LF, CR, CRLF or NUL; a line that ends in a backslash goes on, comments in between are skipped, an empty line ends it; a
 * byte order mark is skipped. Never throws: what systemd would skip or refuse becomes a node that says so.
 */
export function parseUnit(path: string, text: string): UnitFile {
  return { path, text, nodes: new UnitReader(text).read() };
}

class UnitReader {
  readonly #text: string;
  /** Most files end their lines with LF alone, and the engine finds that faster than any loop. */
  readonly #plain: boolean;
  readonly #nodes: UnitNode[] = [];
  /** null when nothing, or a header that systemd does not accept, is above. */
  #section: string | null = null;
  #line = 0;
  /** A logical line that goes on: its text so far, and where it began. */
  #open: { text: string; start: number; line: number; column: number } | null = null;

  constructor(text: string) {
    this.#text = text;
    this.#plain = !text.includes("\r") && !text.includes("\0");
  }

  read(): UnitNode[] {
    const text = this.#text;
    let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    while (at < text.length) {
      const end = this.#plain ? nextFeed(text, at) : lineEnd(text, at);
      const next = this.#plain ? Math.min(end + 1, text.length) : afterLineEnd(text, end);
      this.#line += 1;
      this.#physical(at, end, next);
      at = next;
    }
    if (this.#open) this.#close(text.length);
    return this.#nodes;
  }

  #physical(start: number, end: number, next: number): void {
    const text = this.#text;
    let from = start;
    while (from < end && isBlank(text.charCodeAt(from))) from += 1;
    const first = from < end ? text.charCodeAt(from) : -1;
    if (first === hash || first === semicolon) {
      // Inside a continued line it belongs to that line's text, and says nothing to systemd.
      if (!this.#open)
        this.#nodes.push({
          kind: "comment",
          text: text.slice(from, end),
          line: this.#line,
          start,
          end: next,
        });
      return;
    }
    const goesOn = endsInBackslash(text, from, end);
    if (this.#open) this.#open.text += goesOn ? `${text.slice(from, end - 1)} ` : text.slice(from, end);
    else if (goesOn)
      this.#open = {
        text: `${text.slice(from, end - 1)} `,
        start,
        line: this.#line,
        column: from - start + 1,
      };
    if (goesOn) return;
    if (this.#open) this.#close(next);
    else if (first !== -1)
      this.#logical(
        text.slice(from, end),
        { start, end: next, line: this.#line, lines: 1 },
        from - start + 1,
      );
  }

  #close(end: number): void {
    const { text, start, line, column } = this.#open!;
    this.#open = null;
    this.#logical(text, { start, end, line, lines: this.#line - line + 1 }, column);
  }

  /** One line as parse_line() of systemd gets it; `column` is where its text begins in its first physical line. */
  #logical(
    raw: string,
    { lines, ...where }: Pick<Assignment, "start" | "end" | "line" | "lines">,
    column: number,
  ): void {
    const text = trimBlank(raw);
    if (text === "") return;
    const junk = (what: JunkKind) => this.#nodes.push({ kind: "junk", what, text, ...where });
    // 3 bytes a UTF-16 unit at the most: only long lines have to be counted.
    if (raw.length * 3 >= longestLine && Buffer.byteLength(raw) >= longestLine) junk("too-long");
    else if (!text.isWellFormed()) junk("not-utf8");
    else if (text.charCodeAt(0) === bracket) this.#header(text, where, junk);
    else {
      const equals = text.indexOf("=");
      if (equals === -1) return void junk("no-equals");
      if (equals === 0) return void junk("no-key");
      let value = equals + 1;
      while (value < text.length && isBlank(text.charCodeAt(value))) value += 1;
      this.#nodes.push({
        kind: "assignment",
        section: this.#section,
        key: trimBlank(text.slice(0, equals)),
        value: text.slice(value),
        column: column + value,
        lines,
        ...where,
      });
    }
  }

  #header(
    text: string,
    where: { start: number; end: number; line: number },
    junk: (what: JunkKind) => void,
  ): void {
    const name = text.slice(1, -1);
    if (!text.endsWith("]") || text.length < 2 || /\p{Cc}/u.test(name)) {
      this.#section = null;
      junk("bad-header");
      return;
    }
    this.#section = name;
    this.#nodes.push({ kind: "section", name, ...where });
  }
}

function nextFeed(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

/** The next LF, CR or NUL. */
function lineEnd(text: string, from: number): number {
  const end = nextFeed(text, from);
  for (let at = from; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === cr || code === nul) return at;
  }
  return end;
}

/** CRLF and LFCR are one end; NUL always is one by itself (read_line_full() of systemd). */
function afterLineEnd(text: string, end: number): number {
  const code = text.charCodeAt(end);
  const following = text.charCodeAt(end + 1);
  if ((code === cr && following === lf) || (code === lf && following === cr)) return end + 2;
  return Math.min(end + 1, text.length);
}

/** Whether the last character is a backslash that is not itself escaped. */
function endsInBackslash(text: string, from: number, end: number): boolean {
  let count = 0;
  for (let at = end - 1; at >= from && text.charCodeAt(at) === backslash; at -= 1) count += 1;
  return count % 2 === 1;
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}

function trimBlank(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}
