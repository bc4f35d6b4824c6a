import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { compileSpec } from "../src/compile/compile.ts";
import { debian12 } from "../src/compile/target.ts";
import { parseSpec } from "../src/spec/parse-spec.ts";

const root = resolve(import.meta.dirname, "..");
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  ...[
    "docs",
    "docs/design",
    "examples",
    "examples/polybot",
    "examples/oneiric",
    "examples/aurora",
    "examples/copy-bot",
  ].flatMap((directory) =>
    readdirSync(join(root, directory))
      .filter((file) => file.endsWith(".md"))
      .map((file) => `${directory}/${file}`),
  ),
];

const specs = pages.flatMap((page) =>
  [...readFileSync(join(root, page), "utf8").matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
    .map((match) => match[1]!)
    .filter((text) => /^app: /m.test(text))
    .map((text, index) => ({ name: `${page} ${index + 1}`, text })),
);

test("there are specs in the pages", () => expect(specs.length).toBeGreaterThan(4));

test.each(specs)("the spec in $name compiles", ({ name, text }) => {
  const { spec, diagnostics } = parseSpec(text, name);
  expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  expect(compileSpec(spec!, debian12).diagnostics.filter((d) => d.severity === "error")).toEqual([]);
});

test.each(pages)("the links of %s lead somewhere", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    const path = resolve(root, page, "..", target!);
    expect(existsSync(path), `${page} links to ${target}`).toBe(true);
  }
});
