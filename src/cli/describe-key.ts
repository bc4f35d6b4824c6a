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
  const also = alsoIn(entry, others);
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
      exampleInPlace(entry, all).map((line) => " ".repeat(11) + line),
    ),
  );
  const children = all.filter((child) => isChild(entry, child));
  const shared = sharedKeys(entry, all);
  const list = (title: string, keys: readonly KeyEntry[]): string[] =>
    keys.length === 0 ? [] : ["", `  ${title}`, ...keys.map((child) => `    ${oneLine(child, 18)}`)];
  lines.push(...list("Keys", children), ...list("Keys of each of them", shared));
  return lines.join("\n");
}

/** The same key in many items of a list is told in words. */
function alsoIn({ path }: KeyEntry, others: readonly KeyEntry[]): string {
  const list = path.lastIndexOf("[]");
  const many = list !== -1 && others.length > 3;
  const elsewhere = many ? others.filter((other) => other.path[list - 1] !== path[list - 1]) : others;
  const places = elsewhere.map((other) => pathText(other.path));
  return [...(many ? [`in the others of ${path[list - 1]}`] : []), ...places].join(", ");
}

/** Keys that all blocks in a list have, such as the name of a check: one entry each. */
function sharedKeys(entry: KeyEntry, all: readonly KeyEntry[]): KeyEntry[] {
  const blocks = all.filter((child) => isChild(entry, child) && child.path.at(-2) === "[]");
  const keys = blocks.map((block) => all.filter((child) => isChild(block, child)));
  const first = keys.find((list) => list.length > 0) ?? [];
  return blocks.length < 2
    ? []
    : first.filter(({ doc }) => keys.every((list) => list.some((other) => other.doc === doc)));
}

/** All keys as a tree, one line each; what jobs share with services, and the items of a list with each other, is told once. */
export function describeKeys(all: readonly KeyEntry[], style: Style): string {
  const told = new Map<unknown, KeyEntry>();
  const lines = all.flatMap((entry): string[] => {
    const shared = all.filter((child) => isChild(entry, child) && told.has(child.doc));
    if (told.has(entry.doc)) return [];
    told.set(entry.doc, entry);
    const common = sharedKeys(entry, all);
    for (const child of common) told.set(child.doc, entry);
    const indent = indentOf(entry);
    const line = indent + oneLine(entry, 26 - indent.length);
    const list = common.length === 0 ? [] : [`${indent}  (each of them)`];
    return [
      line,
      ...list,
      ...common.map((child) => `${indent}    ${oneLine(child, 22 - indent.length)}`),
      ...describeShared(entry, shared, told),
    ];
  });
  return [...lines, "", style.dim("More about one: holdfast explain KEY, such as restart.limit")].join("\n");
}

/** "(as in services: env, limits)"; what each of a list has stands above them all already. */
function describeShared(
  entry: KeyEntry,
  shared: readonly KeyEntry[],
  told: ReadonlyMap<unknown, KeyEntry>,
): string[] {
  const places = new Map<string, string[]>();
  for (const { doc, path } of shared) {
    const first = told.get(doc)!;
    if (isChild(first, entry)) continue;
    const place = first.path[0] === entry.path[0] ? first.path.at(-2)! : first.path[0]!;
    places.set(place, [...(places.get(place) ?? []), path.at(-1)!]);
  }
  return [...places].flatMap(([place, names]) =>
    wrap(`(as in ${place}: ${names.join(", ")})`, indentOf(entry).length + 2),
  );
}

function indentOf({ path }: KeyEntry): string {
  return "  ".repeat(path.filter((step) => step !== "[]").length - 1);
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
