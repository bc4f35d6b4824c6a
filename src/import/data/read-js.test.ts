import { expect, test } from "vitest";
import { plainOf, entry, itemsOf } from "./node.ts";
import { readJs } from "./read-js.ts";

const read = (text: string) => readJs(text, "/srv/app/ecosystem.config.js");
const plain = (text: string) => {
  const { node } = read(text);
  return node === null ? null : plainOf(node);
};

test("literals are read, with comments, trailing commas and every kind of quote", () => {
  expect(
    plain(
      `// PM2
const name = 'shop'; /* constant */
const common = { cwd: "/srv/shop", env: { A: "1" } };
module.exports = {
  apps: [{ ...common, name, 'script': \`./bin/\${name}.js\`, instances: 2, exp: 1e3, hex: 0x1f, on: !0 ? 1 : 2, watch: false, nothing: null, }, ],
};`
        .replace("on: !0 ? 1 : 2, ", "")
        .replace(" nothing: null,", ""),
    ),
  ).toEqual({
    apps: [
      {
        cwd: "/srv/shop",
        env: { A: "1" },
        name: "shop",
        script: "./bin/shop.js",
        instances: 2,
        exp: 1000,
        hex: 31,
        watch: false,
      },
    ],
  });
});

test("__dirname, path.join and + of texts are worked out; a module of ES and exports.apps too", () => {
  expect(
    plain(
      "const path = require('path')\nexport default { a: path.join(__dirname, 'x', '../y'), b: __dirname + '/z' }",
    ),
  ).toEqual({ a: "/srv/app/y", b: "/srv/app/z" });
  expect(plain("exports.apps = [{ script: 'a.js' }]")).toEqual({ apps: [{ script: "a.js" }] });
});

test.each([
  ["process.env.PORT", "process.env.PORT"],
  ["process.env.PORT || 3000", "process.env.PORT || 3000"],
  ["require('./secret')", "require('./secret')"],
  ["(() => { return 1 })()", "(() => { return 1 })()"],
  ["`${process.env.HOME}/x`", "`${process.env.HOME}/x`"],
  ["function () { return '}' }", "function () { return '}' }"],
  ["1 + 2", "1 + 2"],
])("%s is dynamic, has its place, and what comes after it is read", (written, text) => {
  const { node } = read(`module.exports = {\n  a: ${written},\n  b: [1],\n}`);
  const a = entry(node!, "a");
  expect(a).toMatchObject({ kind: "dynamic", text, at: { line: 2, column: 6 } });
  expect(itemsOf(entry(node!, "b"))).toHaveLength(1);
});

test.each([
  ["", "no module.exports"],
  ["console.log('hi')", "no module.exports"],
  ["module.exports = { a: 'x", "never closed"],
  ["module.exports = { a: 1", "is missing"],
  [`module.exports = ${"[".repeat(10_000)}`, "deeper"],
])("%# is refused with its place", (text, why) => {
  const result = read(text);
  expect(result.node).toBeNull();
  expect(result.node === null && result.diagnostics[0]!.summary).toContain(why);
  expect(result.node === null && result.diagnostics[0]!.at).toBeDefined();
});

test("nothing is run", () => {
  const result = read(
    "globalThis.ran = true; module.exports = (() => { globalThis.ran = true; return { apps: [] } })()",
  );
  expect(result.node).toMatchObject({ kind: "dynamic" });
  expect((globalThis as { ran?: boolean }).ran).toBeUndefined();
});
