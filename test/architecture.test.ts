import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
/** The folders of src, in the order of the page. */
const folders = [...page.matchAll(/^ {6}([a-z-]+)\/ /gm)].map(([, name]) => name!);
/** They stand beside the flow. */
const beside = new Set(["host", "network", "store", "report", "value", "unit"]);

type Import = { where: string; file: string; target: string; isType: boolean };

const imports = globSync("src/**/*.ts", { cwd: root, exclude: ["**/*.test.ts", "**/test-*.ts"] }).flatMap(
  importsOf,
);
const acrossFolders = imports.flatMap(({ where, file, target, isType }) => {
  const [from, to] = [folderOf(file), folderOf(target)];
  return from === to ? [] : [{ where, from, to, isType }];
});

test("every folder of src has its line in ARCHITECTURE.md, and every line its folder", () => {
  expect(folders.toSorted()).toEqual(readdirSync(join(root, "src")).toSorted());
  expect(folders.filter((name) => beside.has(name)).toSorted()).toEqual([...beside].toSorted());
});

test("a step imports from the steps above it and never from one below", () => {
  expect(imports.length).toBeGreaterThan(1000);
  const wrong = acrossFolders.filter(
    ({ from, to }) => !beside.has(from) && !beside.has(to) && isBelow(to, from),
  );
  expect(
    wrong.map(
      ({ where, from, to }) =>
        `${where}: ${from} imports ${to}, which stands below it in ARCHITECTURE.md: ${mend}`,
    ),
  ).toEqual([]);
});

test("what stands beside the flow knows types of a step alone", () => {
  const wrong = acrossFolders.filter(
    ({ from, to, isType }) => beside.has(from) && !beside.has(to) && !isType,
  );
  expect(wrong.map(({ where, from, to }) => `${where}: ${from} runs code of ${to}: ${mend}`)).toEqual([]);
});

test("no files import each other in a circle, not even for a type", () => {
  const targets = Map.groupBy(imports, ({ file }) => file);
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (file: string, way: readonly string[]): void => {
    const begins = way.indexOf(file);
    if (begins >= 0) circles.push([...way.slice(begins), file].join(" -> "));
    if (begins >= 0 || done.has(file)) return;
    for (const { target } of targets.get(file) ?? []) follow(target, [...way, file]);
    done.add(file);
  };
  for (const file of targets.keys()) follow(file, []);
  expect(circles, "move what both need to a file of its own").toEqual([]);
});

const mend = "move what both need to a step above them, or have the caller pass it in";

function isBelow(to: string, from: string): boolean {
  return folders.indexOf(to) > folders.indexOf(from);
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;"]*?\bfrom\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm,
  );
  return [...found].map(({ index, 1: type, 2: named, 3: called }) => ({
    where: `${file}:${text.slice(0, index).split("\n").length}`,
    file,
    target: join(dirname(file), named ?? called!),
    isType: type !== undefined,
  }));
}

function folderOf(path: string): string {
  return path.split("/")[1]!;
}
