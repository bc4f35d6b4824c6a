/** A word of a shell command, or what joins commands. Nothing is expanded. */
export type ShellToken = Word | { kind: "op"; text: string; start: number; end: number };

export type Word = {
  kind: "word";
  /** Without quotes and backslashes. */
  text: string;
  /** As it was written. */
  raw: string;
  start: number;
  end: number;
  /** What only a shell could make of it; null for plain text. */
  needs: string | null;
  /** Begins outside of quotes. */
  bare: boolean;
};

/** Values that are known beforehand, such as HOME and what a crontab sets. */
export type KnownVariables = ReadonlyMap<string, string>;

const operators = [
  "&>>",
  "&&",
  "||",
  ";;",
  ">>",
  "<<",
  "&>",
  ">&",
  "<&",
  ">|",
  "&",
  "|",
  ";",
  "<",
  ">",
  "(",
  ")",
];

/** Splits a shell command into words and operators; null when a quote is never closed. Known variables are put in where that is exact. */
export function lexShell(text: string, known: KnownVariables = new Map()): ShellToken[] | null {
  const tokens: ShellToken[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (char === " " || char === "\t" || char === "\r") at += 1;
    else if (text.startsWith("\\\n", at)) at += 2;
    else if (char === "\n") {
      tokens.push({ kind: "op", text: "\n", start: at, end: at + 1 });
      at += 1;
    } else if (char === "#") {
      while (at < text.length && text[at] !== "\n") at += 1;
    } else {
      const redirect = /^\d(?=[<>])/.exec(text.slice(at, at + 2));
      const from = at + (redirect ? 1 : 0);
      const operator = operators.find((op) => text.startsWith(op, from));
      if (operator !== undefined) {
        tokens.push({
          kind: "op",
          text: `${redirect?.[0] ?? ""}${operator}`,
          start: at,
          end: from + operator.length,
        });
        at = from + operator.length;
      } else {
        const word = readWord(text, at, known);
        if (word === null) return null;
        tokens.push(word);
        at = word.end;
      }
    }
  }
  return tokens;
}

function readWord(text: string, start: number, known: KnownVariables): Word | null {
  let at = start;
  let out = "";
  let needs: string | null = null;
  let quote = "";
  while (at < text.length) {
    const char = text[at]!;
    if (quote === "" && /[\s;&|<>()]/.test(char)) break;
    if (quote === "'") {
      if (char === "'") quote = "";
      else out += char;
      at += 1;
    } else if (char === "\\") {
      const next = text[at + 1];
      if (next === undefined) return null;
      if (next !== "\n") out += quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next;
      at += 2;
    } else if (char === quote) {
      quote = "";
      at += 1;
    } else if (quote === "" && (char === '"' || char === "'")) {
      quote = char;
      at += 1;
    } else if (char === "`" || text.startsWith("$(", at)) {
      const end = endOfSubstitution(text, at);
      if (end === null) return null;
      needs ??= "it runs a command for its output";
      out += text.slice(at, end);
      at = end;
    } else if (char === "$") {
      const [read, length, what] = readVariable(text, at, quote !== "", known);
      out += read;
      at += length;
      needs ??= what;
    } else if (char === "~" && at === start && quote === "" && /^~(?:[/\s]|$)/.test(text.slice(at, at + 2))) {
      const home = known.get("HOME");
      if (home === undefined) needs ??= "~ is the home directory of whoever runs it";
      out += home ?? "~";
      at += 1;
    } else {
      if (quote === "" && /[*?[]/.test(char)) needs ??= "it takes files by a pattern";
      if (quote === "" && char === "{" && /^\{[^\s{}]*(,|\.\.)[^\s{}]*\}/.test(text.slice(at, at + 200)))
        needs ??= "it has braces that a shell expands";
      out += char;
      at += 1;
    }
  }
  if (quote !== "") return null;
  const raw = text.slice(start, at);
  return { kind: "word", text: out, raw, start, end: at, needs, bare: !/^['"]/.test(raw) };
}

function readVariable(
  text: string,
  at: number,
  quoted: boolean,
  known: KnownVariables,
): [read: string, length: number, needs: string | null] {
  const match = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(text.slice(at, at + 200));
  const name = match?.[1] ?? match?.[2];
  if (match && name !== undefined) {
    const value = known.get(name);
    // Without quotes a shell would split the value, and look for files in it.
    if (value !== undefined && (quoted || !/[\s*?[\]]/.test(value))) return [value, match[0].length, null];
    return [match[0], match[0].length, `it has the variable $${name}`];
  }
  const other = /^\$(?:\{[^}]*\}|[\d#?@*$!-])/.exec(text.slice(at, at + 200));
  return other ? [other[0], other[0].length, "it has a variable of the shell"] : ["$", 1, null];
}

function endOfSubstitution(text: string, start: number): number | null {
  if (text[start] === "`") {
    const end = text.indexOf("`", start + 1);
    return end === -1 ? null : end + 1;
  }
  let depth = 0;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === "\\") at += 1;
    else if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end === -1) return null;
      at = end;
    } else if (char === "(") depth += 1;
    else if (char === ")") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
