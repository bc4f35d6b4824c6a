import { parseUnit } from "./parse-unit.ts";
import type { Assignment, Section, UnitFile } from "./unit-file.ts";

/** Replaces the text from `start` to `end` (offsets into the file's text). */
export type Edit = { start: number; end: number; text: string };

/** A file with edits made, which must not overlap; every byte outside them stays as it was. Edits of the same place: the first counts. */
export function editUnit(file: UnitFile, edits: readonly Edit[]): UnitFile {
  let text = "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) continue;
    text += file.text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return parseUnit(file.path, text + file.text.slice(at));
}

/** Gives an assignment another value, on one line; its key and its line end stay. */
export function setValue(file: UnitFile, assignment: Assignment, value: string): Edit {
  return replaceLine(file, assignment, `${assignment.key}=${value}`);
}

/** Writes other text in the place of an assignment; several lines are joined by the file's own line end. */
export function replaceLine(file: UnitFile, { start, end }: Assignment | Section, text: string): Edit {
  const old = file.text.slice(start, end);
  const ending = /(\r\n|\n\r|[\n\r\0])$/.exec(old)?.[0] ?? "";
  return { start, end, text: text.replaceAll("\n", ending || "\n") + ending };
}

/** Takes an assignment out, with its line. */
export function removeLine({ start, end }: Assignment | Section): Edit {
  return { start, end, text: "" };
}

/** Puts lines below the header of a section, or appends the section when the file does not have it. */
export function addToSection(file: UnitFile, section: string, lines: readonly string[]): Edit {
  const ending = file.text.includes("\r\n") ? "\r\n" : "\n";
  const header = file.nodes.find((node) => node.kind === "section" && node.name === section);
  const last = file.nodes.findLast(
    (node) => (node.kind === "assignment" || node.kind === "section") && sectionOf(node) === section,
  );
  if (header && last) {
    const gap = endsLine(file.text, last.end) ? "" : ending;
    return { start: last.end, end: last.end, text: gap + lines.map((line) => line + ending).join("") };
  }
  const end = file.text.length;
  const gap = file.text === "" ? "" : endsLine(file.text, end) ? ending : ending + ending;
  return {
    start: end,
    end,
    text: `${gap}[${section}]${ending}${lines.map((line) => line + ending).join("")}`,
  };
}

function endsLine(text: string, at: number): boolean {
  return at > 0 && "\n\r\0".includes(text[at - 1]!);
}

function sectionOf(node: Assignment | Section): string | null {
  return node.kind === "section" ? node.name : node.section;
}
