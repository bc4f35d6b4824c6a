import { notParsed, parsed, type Parsed } from "./parsed.ts";

const shellOnly = new Set(["&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1", "&>"]);

/**
 * Splits a command line into words: white space separates, '…' and "…" hold together, a backslash keeps the next character.
 * Nothing is expanded and no shell runs, so what only a shell could do is refused instead of passed on as text.
 */
export function parseCommand(text: string): Parsed<readonly string[]> {
  const words: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "\0") return notParsed("text without a NUL character");
    if (quote === "'" ? char !== "'" : quote === '"' ? char !== '"' && char !== "\\" : false) word += char;
    else if (char === quote) quote = "";
    else if (char === "\\") {
      if (++i === text.length) return notParsed("a character after the last backslash");
      word = (word ?? "") + text[i]!;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "`" || (char === "$" && /[A-Za-z_({]/.test(text[i + 1] ?? ""))) {
      return notParsed(
        "plain words: no shell runs, so variables and command substitution stay as they are",
        "read the variable inside the program, or put a script in run:",
      );
    } else word = (word ?? "") + char;
  }
  if (quote !== "") return notParsed(`a closing ${quote}`);
  if (word !== null) words.push(word);
  if (words.length === 0) return notParsed("a program and its arguments");
  const operator = words.find((w) => shellOnly.has(w));
  if (operator !== undefined) {
    return notParsed(
      `plain words: no shell runs, so "${operator}" would be passed to the program as text`,
      "put the pipeline into a script and run that",
    );
  }
  return parsed(words);
}
