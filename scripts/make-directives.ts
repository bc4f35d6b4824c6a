import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

// Makes src/unit/directive-table.ts from systemd's own words, for a new version of systemd:
//   node scripts/make-directives.ts DUMP... MAN
// DUMP is the output of `/usr/lib/systemd/systemd --dump-configuration-items` of one version, MAN the directory man5 of the newest,
// whose pages say "Added in version N" since systemd 254.

const dumps = process.argv.slice(2, -1);
const manual = process.argv.at(-1)!;

/** Older than the pages' memory; what they date there is one of their values. */
const older = new Set(["User", "Group", "Priority"]);

/** The section of each directive, and the kind of its value, as PID 1 lists them. */
function readDump(path: string): Map<string, string> {
  const found = new Map<string, string>();
  let section = "";
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line.startsWith("[")) section = line.slice(1, -1);
    const equals = line.indexOf("=");
    if (equals > 0) found.set(`${section}.${line.slice(0, equals)}`, line.slice(equals + 1));
  }
  return found;
}

/** The version that each documented directive came with; those older than the pages' memory are left out. */
function readSince(): Map<string, number> {
  const since = new Map<string, number>();
  for (const name of readdirSync(manual).filter((file) => /^systemd\.[a-z-]+\.5(\.gz)?$/.test(file))) {
    const bytes = readFileSync(join(manual, name));
    const page = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
    for (const block of page.split(/^\.PP$/m)) {
      const heading = /^\n((?:\\fI[A-Za-z]+=[^\n]*\n?)+)\.RS 4/.exec(block)?.[1];
      // The last one is the directive's own; those before it are of single values.
      const version = [...block.matchAll(/Added in version (\d+)/g)].at(-1)?.[1];
      if (heading === undefined || version === undefined) continue;
      for (const [, key] of heading.matchAll(/\\fI([A-Za-z]+)=/g))
        if (!older.has(key!)) since.set(key!, Number(version));
    }
  }
  return since;
}

const versions = dumps.map(readDump);
const since = readSince();
const merged = new Map<string, { kind: string; sections: string[] }>();
for (const dump of versions)
  for (const [name, kind] of dump) {
    const [section, key] = name.split(".") as [string, string];
    const entry = merged.get(key) ?? { kind, sections: [] };
    entry.kind = kind;
    if (!entry.sections.includes(section)) entry.sections.push(section);
    merged.set(key, entry);
  }
const groups = new Map<string, string[]>();
for (const [key, { kind, sections }] of merged) {
  const isNew = ![...versions[0]!.keys()].some((name) => name.endsWith(`.${key}`));
  // Pages date some directives before the version that first lists them.
  const from = Math.max(since.get(key) ?? 0, isNew ? 253 : 0);
  const group = sections.join(" ");
  groups.set(group, [
    ...(groups.get(group) ?? []),
    `${key}=${kind.replaceAll(" ", "_")}${from > 239 ? `@${from}` : ""}`,
  ]);
}
const lines = [...groups].map(
  ([sections, keys]) => `  ${JSON.stringify(sections)}:\n${wrap(keys.toSorted())},`,
);
writeFileSync(
  join(import.meta.dirname, "../src/unit/directive-table.ts"),
  `// Made by scripts/make-directives.ts from systemd's own list and manual. Sections -> "Key=KIND@since ...", since when later than 239.\n\nexport const directiveTable: Readonly<Record<string, string>> = {\n${lines.join("\n")}\n};\n`,
);

function wrap(words: readonly string[]): string {
  const rows: string[] = [""];
  for (const word of words) {
    if (rows.at(-1)!.length + word.length > 100) rows.push("");
    rows[rows.length - 1] += `${word} `;
  }
  return rows.map((row) => `    ${JSON.stringify(row)}`).join(" +\n");
}
