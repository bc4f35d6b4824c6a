import type { Place } from "../report/diagnostic.ts";

/** The place of a whole line, without the white space around it. */
export function linePlace(file: string, line: number, text: string): Place {
  const trimmed = text.trim();
  const column = text.length - text.trimStart().length + 1;
  return { file, line, column, length: Math.max(1, trimmed.length) };
}

/** Lines of a text: a byte order mark and carriage returns are no part of them. */
export function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split("/").findLast((part) => part !== "") ?? path;
}
