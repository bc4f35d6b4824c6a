import type { Remark, RemarkCode } from "./env-file-remarks.ts";

type State =
  | "beforeKey"
  | "key"
  | "beforeValue"
  | "value"
  | "valueEscape"
  | "single"
  | "double"
  | "doubleEscape"
  | "comment"
  | "commentEscape";

/** One pass over the text; the value is what PID 1 would have collected so far. */
type Scan = {
  index: number;
  key: string;
  keyAt: number;
  value: string;
  /** Length of the value without the white space that a line end would cut off; undefined when it ends in none. */
  trimTo: number | undefined;
  quoteAt: number;
  /** White space came after a closing quote. */
  gap: boolean;
  remarks: Remark[];
  entries: { key: string; at: number; value: string; remarks: Remark[] }[];
  strays: Remark[];
  commentsContinue: boolean;
};

const space = " \t\n\r";
const lineEnd = "\n\r";
const maxAssignmentBytes = 131_071;

/**
 * Runs systemd's own parser of environment files over a text, for parseEnvFile: every assignment, valid or not, and
 * what to remark about it. `commentsContinue` is so before systemd 254.
 */
export function scanEnvFile(text: string, commentsContinue: boolean): Scan {
  const scan: Scan = {
    index: 0,
    key: "",
    keyAt: 0,
    value: "",
    trimTo: undefined,
    quoteAt: 0,
    gap: false,
    remarks: [],
    entries: [],
    strays: [],
    commentsContinue,
  };
  let state: State = "beforeKey";
  for (; scan.index < text.length; scan.index++) state = steps[state](scan, text[scan.index] ?? "", text);
  finish(scan, state);
  return scan;
}

/** The states of parse_env_file_internal in systemd's src/basic/env-file.c, in its order. */
const steps: Readonly<Record<State, (scan: Scan, char: string, text: string) => State>> = {
  beforeKey(scan, char) {
    if ("#;".includes(char)) return "comment";
    if (space.includes(char)) return "beforeKey";
    // Even "=" begins a name here: "=x" is a line without an assignment.
    Object.assign(scan, {
      key: char,
      keyAt: scan.index,
      value: "",
      trimTo: undefined,
      gap: false,
      remarks: [],
    });
    return "key";
  },
  key(scan, char) {
    if (char === "=") return "beforeValue";
    if (!lineEnd.includes(char)) {
      scan.key += char;
      return "key";
    }
    strayLine(scan);
    return "beforeKey";
  },
  beforeValue(scan, char, text) {
    if (lineEnd.includes(char)) return endEntry(scan);
    if (char === "'" || char === '"') scan.quoteAt = scan.index;
    if (space.includes(char)) {
      scan.gap = true;
      return "beforeValue";
    }
    // Quoted parts are joined, and the white space between them is lost.
    if (scan.gap && scan.value !== "" && char !== "#" && char !== "\\") remark(scan, "joined");
    if (char === "'") return "single";
    if (char === '"') return "double";
    if (char === "\\") return "valueEscape";
    if (char === "#" && (scan.gap || scan.value !== "")) remark(scan, "comment-kept");
    return plainValue(scan, char, text);
  },
  value(scan, char, text) {
    if (lineEnd.includes(char)) {
      trimValue(scan);
      return endEntry(scan);
    }
    if (char === "\\") {
      scan.trimTo = undefined;
      return "valueEscape";
    }
    if (char === "#" && scan.trimTo !== undefined) remark(scan, "comment-kept");
    return plainValue(scan, char, text);
  },
  valueEscape(scan, char, text) {
    if (char === "\r" && text[scan.index + 1] === "\n") remark(scan, "carriage-return");
    if (lineEnd.includes(char)) return "value";
    if (/[A-Za-z0-9]/.test(char)) remark(scan, "backslash-dropped", -1);
    scan.value += char;
    return "value";
  },
  single(scan, char) {
    if (char === "'") return closeQuote(scan);
    if (char === "\r") remark(scan, "carriage-return");
    scan.value += char;
    return "single";
  },
  double(scan, char, text) {
    if (char === '"') return closeQuote(scan);
    if (char === "\\") return "doubleEscape";
    if (char === "\r") remark(scan, "carriage-return");
    if (expands(text, scan.index)) remark(scan, "not-expanded");
    scan.value += char;
    return "double";
  },
  doubleEscape(scan, char) {
    // As in a shell, a backslash goes only before the characters that need it, and takes a line end with it.
    if ('"\\`$'.includes(char)) scan.value += char;
    else if (char !== "\n") scan.value += `\\${char}`;
    return "double";
  },
  comment(_scan, char) {
    if (char === "\\") return "commentEscape";
    return lineEnd.includes(char) ? "beforeKey" : "comment";
  },
  commentEscape(scan, char, text) {
    if (!lineEnd.includes(char)) return "comment";
    const rest = text.slice(scan.index).replace(/^\r?\n|^\r/, "");
    if (/^[ \t]*[^\s#;]/.test(rest))
      scan.strays.push({ code: "comment-continued", index: scan.index - 1, length: 1 });
    return scan.commentsContinue ? "comment" : "beforeKey";
  },
};

function plainValue(scan: Scan, char: string, text: string): State {
  if (expands(text, scan.index)) remark(scan, "not-expanded");
  if (!space.includes(char)) scan.trimTo = undefined;
  else scan.trimTo ??= scan.value.length;
  scan.value += char;
  return "value";
}

function closeQuote(scan: Scan): State {
  scan.gap = false;
  return "beforeValue";
}

function expands(text: string, index: number): boolean {
  return text[index] === "$" && /[A-Za-z_{(]/.test(text[index + 1] ?? "");
}

function trimValue(scan: Scan): void {
  if (scan.trimTo !== undefined) scan.value = scan.value.slice(0, scan.trimTo);
}

function endEntry(scan: Scan): State {
  const { value, keyAt, remarks } = scan;
  const key = scan.key.replace(/[ \t\n\r]+$/, "");
  if (Buffer.byteLength(`${key}=${value}`) > maxAssignmentBytes)
    remarks.push({ code: "too-long", index: keyAt, length: key.length });
  if (value.includes("\uFFFD"))
    remarks.push({ code: "replacement-character", index: keyAt, length: key.length });
  scan.entries.push({ key, at: keyAt, value, remarks });
  return "beforeKey";
}

function finish(scan: Scan, state: State): void {
  if (state === "key") strayLine(scan);
  if (["beforeKey", "key", "comment", "commentEscape"].includes(state)) return;
  if (state === "value") trimValue(scan);
  const unclosed = state === "single" || state === "double" || state === "doubleEscape";
  if (unclosed) scan.remarks.push({ code: "unclosed-quote", index: scan.quoteAt, length: 1 });
  endEntry(scan);
}

function strayLine(scan: Scan): void {
  const code = scan.keyAt === 0 && scan.key.startsWith("\uFEFF") ? "byte-order-mark" : "not-an-assignment";
  scan.strays.push({ code, index: scan.keyAt, length: scan.key.length });
}

/** Notes a thing once for each assignment: the first place is enough to find the others. */
function remark(scan: Scan, code: RemarkCode, offset = 0): void {
  if (!scan.remarks.some((earlier) => earlier.code === code))
    scan.remarks.push({ code, index: scan.index + offset, length: 1 });
}
