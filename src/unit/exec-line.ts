import { splitWords, type Word } from "./words.ts";

/** One command of ExecStart= and its relatives (systemd.service(5), "COMMAND LINES"). */
export type ExecCommand = {
  /** The characters before the program, such as "-" or "@+". */
  prefix: string;
  /** The program as it is written, without its prefix; offsets are into the value. */
  program: Word;
  /** What follows, without the argv[0] that "@" gives. */
  arguments: readonly Word[];
};

export type ExecLine = { commands: readonly ExecCommand[]; unclosed: boolean };

/** Directives whose values are command lines. */
export const execKeys = [
  "ExecCondition",
  "ExecStartPre",
  "ExecStart",
  "ExecStartPost",
  "ExecReload",
  "ExecStop",
  "ExecStopPost",
  "ExecStopPre",
] as const;

/** Reads the value of a command line; a word that is only ";" begins another command. */
export function parseExecLine(value: string): ExecLine {
  const { words, unclosed } = splitWords(value);
  const commands: ExecCommand[] = [];
  let current: Word[] = [];
  for (const word of [...words, null]) {
    if (word !== null && !isSeparator(word, value)) {
      current.push(word);
      continue;
    }
    if (current.length > 0) commands.push(toCommand(current));
    current = [];
  }
  return { commands, unclosed };
}

function isSeparator(word: Word, value: string): boolean {
  return word.text === ";" && value.slice(word.start, word.end) === ";";
}

function toCommand([first, ...rest]: Word[]): ExecCommand {
  const prefix = /^[@\-:+!|]*/.exec(first!.text)![0];
  const program = { ...first!, text: first!.text.slice(prefix.length), start: first!.start + prefix.length };
  return { prefix, program, arguments: prefix.includes("@") ? rest.slice(1) : rest };
}

/** Arguments as the program gets them when nothing expands: "%%" and "$$" are one character each. */
export function literalArguments(command: ExecCommand): string[] {
  return [command.program, ...command.arguments].map(({ text }) =>
    text.replace(/%%/g, "%").replace(/\$\$/g, "$"),
  );
}
