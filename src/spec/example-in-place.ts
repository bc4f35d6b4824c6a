import { anyName, type KeyEntry } from "./key-list.ts";

/** The example of a key as lines of a spec, indented to the place where it stands. */
export function exampleInPlace(entry: KeyEntry): string[] {
  const lines: string[] = [];
  let indent = "";
  for (const [index, step] of entry.path.entries()) {
    if (step === "[]") {
      indent += "  ";
      continue;
    }
    const item = entry.path[index - 1] === "[]" ? "- " : "";
    const last = index === entry.path.length - 1 ? ` ${entry.doc?.example ?? ""}` : "";
    lines.push(`${item === "" ? indent : indent.slice(2)}${item}${nameFor(entry.path, index)}:${last}`);
    indent += "  ";
  }
  return lines;
}

function nameFor(path: readonly string[], index: number): string {
  const step = path[index]!;
  if (step !== anyName) return step;
  return { environments: "staging", jobs: "report", calendars: "desk" }[path[index - 1] ?? ""] ?? "bot";
}
