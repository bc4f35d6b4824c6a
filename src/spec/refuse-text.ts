import type { Diagnostic } from "../report/diagnostic.ts";
import { placeFinder } from "./place-finder.ts";

const maxBytes = 1024 * 1024;

/** What is wrong with a file before any of it is read as YAML. */
export function refuseText(text: string, file: string): Diagnostic | undefined {
  const refusal = (code: string, summary: string, start: number, fix: string): Diagnostic => ({
    severity: "error",
    code,
    summary,
    at: placeFinder(text, file)({ start, end: start + 1 }),
    fix,
  });
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
    return refusal(
      "spec/not-text",
      `Cannot read ${file}: it is not a text file in UTF-8`,
      binary.index,
      "save it as UTF-8 text",
    );
  }
  if (text.trim() === "") return emptyFile(text, file, "is empty");
  const tab = /^ *\t/m.exec(text);
  return tab
    ? refusal(
        "spec/tab",
        "Cannot use a tab for indentation: YAML allows only spaces",
        tab.index + tab[0].length - 1,
        "replace the tab by spaces",
      )
    : undefined;
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
