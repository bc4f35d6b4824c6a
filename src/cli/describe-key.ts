import type { Style } from "../report/style.ts";
import { exampleInPlace } from "../spec/example-in-place.ts";
import { pathText } from "../spec/find-keys.ts";
import type { KeyEntry } from "../spec/key-list.ts";

const width = 100;

/** Everything about one key, for people; `others` are the same key in other places. */
export function describeKey(
  [entry, ...others]: readonly KeyEntry[],
  all: readonly KeyEntry[],
  style: Style,
): string {
  if (!entry) return "";
  const doc = entry.doc!;
  const rows: [string, string][] = [
    ["Value", entry.value],
    ["Default", entry.required ? "none: it has to be there" : (doc.default ?? "none")],
    ...(doc.becomes === undefined ? [] : [["Becomes", doc.becomes] as [string, string]]),
  ];
  const also = others.map(({ path }) => pathText(path)).join(", ");
  const lines = [
    `${style.strong(pathText(entry.path))}${also === "" ? "" : style.dim(`  and ${also}`)}`,
    "",
    ...wrap(doc.meaning, 2),
    "",
  ];
  for (const [name, text] of rows) lines.push(...labelled(name, wrap(text, 11)));
  lines.push(
    ...labelled(
      "Example",
      exampleInPlace(entry).map((line) => " ".repeat(11) + line),
    ),
  );
  const children = all.filter((child) => isChild(entry, child));
  if (children.length > 0) lines.push("", "  Keys", ...children.map((child) => `    ${oneLine(child, 18)}`));
  return lines.join("\n");
}

/** All keys as a tree, one line each; what jobs share with services is told once. */
export function describeKeys(all: readonly KeyEntry[], style: Style): string {
  const told = new Set<unknown>();
  const lines = all.flatMap((entry) => {
    const indent = "  ".repeat(entry.path.length - 1);
    const shared = all.filter((child) => isChild(entry, child) && told.has(child.doc));
    const again = told.has(entry.doc);
    told.add(entry.doc);
    if (again) return [];
    const line = indent + oneLine(entry, 26 - indent.length);
    const names = shared.map((child) => child.path.at(-1)).join(", ");
    return shared.length === 0 ? [line] : [line, ...wrap(`(as in services: ${names})`, indent.length + 2)];
  });
  return [...lines, "", style.dim("More about one: holdfast explain KEY, such as restart.limit")].join("\n");
}

/** The same for programs. */
export function keyForJson([entry, ...others]: readonly KeyEntry[], all: readonly KeyEntry[]): object {
  if (!entry) return {};
  return {
    path: pathText(entry.path),
    alsoIn: others.map(({ path }) => pathText(path)),
    required: entry.required,
    value: entry.value,
    ...entry.doc,
    keys: all.filter((child) => isChild(entry, child)).map((child) => pathText(child.path)),
  };
}

function isChild(entry: KeyEntry, child: KeyEntry): boolean {
  const between = child.path.slice(entry.path.length, -1);
  return (
    child.path.length > entry.path.length &&
    entry.path.every((step, index) => child.path[index] === step) &&
    between.every((step) => step === "[]")
  );
}

function oneLine(entry: KeyEntry, column: number): string {
  const sentence = entry.doc!.meaning.split(/(?<=\.)\s/)[0]!.replace(/\.$/, "");
  const shown =
    sentence.length > width - 26 ? `${sentence.slice(0, width - 29).replace(/\s+\S*$/, "")} ...` : sentence;
  return `${entry.path.at(-1)!.padEnd(column)} ${shown}`;
}

function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? `  ${label.padEnd(8)} ${line.slice(11)}` : line));
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(" ".repeat(indent) + word);
  }
  return lines;
}
