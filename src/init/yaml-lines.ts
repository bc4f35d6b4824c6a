import { CORE_SCHEMA, load } from "js-yaml";
import { printable } from "../value/printable.ts";

const commentColumn = 37;
const widest = 118;

/** A text as a YAML scalar that is read back as the same text. */
export function yamlText(text: string, inside: "block" | "flow" = "block"): string {
  const plain = inside === "flow" ? /^[\w./@+=-][\w ./@+=%~-]*$/ : /^[\w./@+=-][\w ./@+=%~,'"&|()<>$*-]*$/;
  return plain.test(text) && !text.endsWith(" ") && readsBack(text) ? text : JSON.stringify(text);
}

function readsBack(text: string): boolean {
  try {
    const read: unknown = load(`- ${text}`, { schema: CORE_SCHEMA });
    return Array.isArray(read) && read.length === 1 && read[0] === text;
  } catch {
    return false;
  }
}

/** A line with its reason beside it, or above it where both would be too long. Reasons hold names of files, which may hold anything. */
export function commented(line: string, reason: string): string[] {
  const clean = printable(reason);
  const beside = `${line.padEnd(commentColumn - 1)} # ${clean}`;
  if (beside.length <= widest) return [beside];
  const indent = /^ */.exec(line)![0];
  return [...comment(indent, reason), line];
}

/** A comment of its own, wrapped. */
export function comment(indent: string, text: string): string[] {
  const lines: string[] = [];
  for (const word of printable(text).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < widest) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return lines;
}
