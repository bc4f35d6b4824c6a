import { printable } from "../value/printable.ts";

/** Says one line at a level of syslog(3): 1 alert, 3 error, 4 warning, 5 notice, 6 info, 7 debug. */
export type Say = (level: number, text: string) => void;

/** To the journal, with the level in front (sd-daemon(3)). */
export const sayToJournal: Say = (level, text) => {
  process.stderr.write(`<${level}>${printable(text).replaceAll("\n", " ")}\n`);
};
