import type { Diagnostic } from "../report/diagnostic.ts";
import { placeFinder } from "./place-finder.ts";

const maxBytes = 1024 * 1024;

/** What is wrong with a file before any of it is read as YAML. */
export function refuseText(text: string, file: string): Diagnostic | undefined {
  if (Buffer.byteLength(text) > maxBytes) {
    // Without a place: nobody wants to see a line of it.
    return {
      severity: "error",
      code: "spec/too-big",
      summary: `Cannot read ${file}: it is larger than 1 MiB`,
      fix: "give holdfast the application's own spec, not data",
    };
  }
  // Control characters cannot stand in YAML (1.2, section 5.1); a file with them is not text. U+FFFD is what invalid UTF-8 was read as.
  // oxlint-disable-next-line no-control-regex
  const binary = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]/.exec(text);
  if (binary) {
    // Without a place: the line would be shown, and what is in it may do anything to a terminal.
    const { line, column } = placeFinder(text, file)({ start: binary.index, end: binary.index + 1 });
    return {
      severity: "error",
      code: "spec/not-text",
      summary: `Cannot read ${file}: it is not a text file in UTF-8`,
      detail: `line ${line} has something else in column ${column}`,
      fix: "save it as UTF-8 text",
    };
  }
  if (text.trim() === "") return emptyFile(text, file, "is empty");
  const tab = /^ *\t/m.exec(text);
  if (!tab) return undefined;
  const start = tab.index + tab[0].length - 1;
  return {
    severity: "error",
    code: "spec/tab",
    summary: "Cannot use a tab for indentation: YAML allows only spaces",
    at: placeFinder(text, file)({ start, end: start + 1 }),
    fix: "replace the tab by spaces",
  };
}

/** There is nothing in the file: what a first look at Holdfast most often meets. */
export function emptyFile(text: string, file: string, what: string): Diagnostic {
  return {
    severity: "error",
    code: "spec/empty",
    summary: `Cannot read ${file}: it ${what}`,
    at: placeFinder(text, file)({ start: 0, end: 1 }),
    fix: "write a first one: holdfast init",
  };
}
