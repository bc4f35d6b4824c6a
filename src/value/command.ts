import { notParsed, parsed, type Parsed } from "./parsed.ts";

/** A word, and whether all of it stood outside quotes: only there would a shell have seen anything in it. */
type Word = { text: string; bare: boolean };

/**
 * Splits a command line into words: white space separates, '…' and "…" hold together, a backslash keeps the next character.
 * Nothing is expanded and no shell runs, so what only a shell could do is refused instead of passed on as text.
 */
export function parseCommand(text: string): Parsed<readonly string[]> {
  const words: Word[] = [];
  let word = null as Word | null;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "\0") return notParsed("text without a NUL character");
    if (quote !== "'" && expands(text, i))
      return needsShell("variables and command substitution stay as they are");
    if (char === quote) quote = "";
    else if (char === "\\" && quote !== "'") {
      if (++i === text.length) return notParsed("a character after the last backslash");
      if (text[i] === "\n") continue; // the line goes on, as in a shell
      const kept: string = quote === "" || '"\\$`'.includes(text[i]!) ? text[i]! : `\\${text[i]!}`;
      word = { text: (word?.text ?? "") + kept, bare: false };
    } else if (quote !== "") word!.text += char;
    else if (char === "'" || char === '"') {
      quote = char;
      word = { text: word?.text ?? "", bare: false };
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = { text: (word?.text ?? "") + char, bare: word?.bare ?? true };
  }
  if (quote !== "") return notParsed(`a closing ${quote}`);
  if (word !== null) words.push(word);
  return refuseShellWords(text, words) ?? parsed(words.map((w) => w.text));
}

function expands(text: string, at: number): boolean {
  return text[at] === "`" || (text[at] === "$" && /[A-Za-z_({]/.test(text[at + 1] ?? ""));
}

function refuseShellWords(line: string, words: readonly Word[]): Parsed<never> | undefined {
  const [program] = words;
  if (program === undefined || program.text === "") return notParsed("a program and its arguments");
  const bare = words.filter((word) => word.bare).map((word) => word.text);
  const operator = bare.find((text) => /^(\d?[<>]|&>|\||&$|;$)|;$|&&|\|\|/.test(text));
  if (operator !== undefined) {
    return notParsed(
      `plain words: no shell runs, so "${operator}" would be passed to the program as text`,
      "put the pipeline into a script and run that, or quote the word if the program wants it",
    );
  }
  const home = bare.find((text) => /^~(\/|$)/.test(text));
  if (home !== undefined)
    return notParsed(
      `plain words: no shell runs, so "~" in "${home}" is not a home directory`,
      "write the whole path, such as /home/me/...",
    );
  const assignment = /^\s*([A-Za-z_]\w*)=/.exec(line)?.[1];
  return assignment === undefined
    ? undefined
    : notParsed(
        `a program first: no shell runs, so "${assignment}=" sets no variable`,
        `write it under env: { set: { ${assignment}: ... } }`,
      );
}

function needsShell(what: string): Parsed<never> {
  return notParsed(
    `plain words: no shell runs, so ${what}`,
    "read the variable inside the program, or put a script in run:; in '...' it is passed on as text",
  );
}

/** The command line that parseCommand reads as these words. */
export function formatCommand(words: readonly string[]): string {
  return words.map((word) => (isPlain(word) ? word : quoteWord(word))).join(" ");
}

function isPlain(word: string): boolean {
  return /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(word) && !/^[A-Za-z_]\w*=/.test(word);
}

function quoteWord(word: string): string {
  if (!word.includes("'")) return `'${word}'`;
  return `"${word.replace(/[\\"$`]/g, "\\$&")}"`;
}
