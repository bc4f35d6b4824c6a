import { channelKinds } from "./channel-schema.ts";
import { anyName, type KeyEntry } from "./key-list.ts";

/**
 * The example of a key as lines of a spec, indented to the place where it stands, with what must stand beside it. `all`
 * are the keys it is one of.
 */
export function exampleInPlace(entry: KeyEntry, all: readonly KeyEntry[]): string[] {
  const lines: string[] = [];
  let indent = "";
  for (const [index, step] of entry.path.entries()) {
    if (step === "[]") {
      indent += "  ";
      continue;
    }
    const isItem = entry.path[index - 1] === "[]";
    const last = index === entry.path.length - 1;
    const needed = last ? besides(entry, all) : [];
    const written = [
      ...needed.map(([name, value]) => `${name}: ${value}`),
      `${nameFor(entry.path, index)}:${last ? ` ${entry.doc?.example ?? ""}` : ""}`,
    ];
    const outer = isItem ? indent.slice(2) : indent;
    lines.push(...written.map((text, nth) => outer + (isItem ? (nth === 0 ? "- " : "  ") : "") + text));
    indent += "  ";
  }
  return lines;
}

/** What an item of a list, and a block with keys that it must have, cannot do without. */
function besides(entry: KeyEntry, all: readonly KeyEntry[]): [name: string, value: string][] {
  const above = entry.path.slice(0, -1);
  const parent = all.find(({ path }) => isSame(path, above));
  if (above.length === 0 || above.at(-1) === anyName || entry.doc?.alone) return [];
  const others = all.filter(
    ({ path }) => path.length === entry.path.length && isSame(path.slice(0, -1), above),
  );
  const needed = others
    .filter(({ required, path }) => required && path.at(-1) !== entry.path.at(-1))
    .map(({ path, doc }): [string, string] => [path.at(-1)!, doc!.example]);
  // A block in a list stands for itself: its own example makes sense, parts of it need not.
  const whole = above.includes("[]") ? pairsOf(parent?.doc?.example ?? "") : [];
  const found = [...needed, ...whole];
  return found.filter(
    ([name], index) => name !== entry.path.at(-1) && found.findIndex(([other]) => other === name) === index,
  );
}

/** "{ a: 1, b: 2 }" */
function pairsOf(example: string): [string, string][] {
  const inner = /^\{ (.*) \}$/.exec(example)?.[1];
  return (inner?.split(/, (?=[a-z-]+: )/) ?? []).map((pair): [string, string] => {
    const colon = pair.indexOf(": ");
    return [pair.slice(0, colon), pair.slice(colon + 2)];
  });
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}

function nameFor(path: readonly string[], index: number): string {
  const step = path[index]!;
  if (step !== anyName) return step;
  const names: Readonly<Record<string, string>> = {
    environments: "staging",
    jobs: "report",
    calendars: "desk",
    windows: "market-hours",
    contacts: "admin",
  };
  // What speaks plain TCP has a greeting, and nothing else has.
  if (path[index - 1] === "upstreams") return path[index + 1] === "greeting" ? "feed" : "broker";
  // A channel has one kind, and everything else beside it.
  const kind = channelKinds.some((one) => one === path[index + 1]);
  if (path[index - 1] === "channels" && path.length > index + 1 && !kind) return "room";
  return names[path[index - 1] ?? ""] ?? "bot";
}
