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

/** The command lines of a service, in the order in which systemd runs them. */
export const serviceExecKeys = [
  "ExecCondition",
  "ExecStartPre",
  "ExecStart",
  "ExecStartPost",
  "ExecReload",
  "ExecStop",
  "ExecStopPost",
] as const;

/** Directives of any unit whose values are command lines; a socket has one more than a service. */
export const execKeys = [...serviceExecKeys, "ExecStopPre"] as const;

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
