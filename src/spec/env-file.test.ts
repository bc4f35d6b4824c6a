import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEnvFile } from "./env-file.ts";

function values(text: string): Record<string, string> {
  return Object.fromEntries(
    [...parseEnvFile(text, "bot.env").values].map(([name, { value }]) => [name, value]),
  );
}

function remarks(text: string): string[] {
  return parseEnvFile(text, "bot.env").diagnostics.map(
    (d) => `${d.at?.line}:${d.at?.column} ${d.severity} ${d.code}`,
  );
}

describe("values, as systemd gives them to the process", () => {
  test.each<[string, Record<string, string>]>([
    ["A=1\nB=two words \nC=\n", { A: "1", B: "two words", C: "" }],
    ["# no\n; no\n\n  A = 1\n", { A: "1" }],
    ['A=\'x $Y \\ "\'\nB="a\\"b\\n\\$"\n', { A: 'x $Y \\ "', B: 'a"b\\n$' }],
    ["A=one\\\n  two\nB=\"x\\\ny\"\nC='x\ny'", { A: "one  two", B: "xy", C: "x\ny" }],
    ['A=C:\\temp\nB=x\\ \nC=x"y"', { A: "C:temp", B: "x ", C: 'x"y"' }],
    ["A=1\r\nB=2\rC=3", { A: "1", B: "2", C: "3" }],
    ["A='a' \"b\"c", { A: "abc" }],
    ["A=1\nA=2\n", { A: "2" }],
    ["export A=1\n1B=2\nC-D=3\nE F=4\n=5\n==6\nG\n", {}],
    ["A=1 # note\nB=x$HOME\nC=#fff", { A: "1 # note", B: "x$HOME", C: "#fff" }],
    ["A='x\nB=2", { A: "x\nB=2" }],
    ["\uFEFFA=1\nB=2", { B: "2" }],
    ["A=1\nB=\uFFFF\nC=3", {}],
    ["A=1\0", {}],
  ])("%j", (text, expected) => expect(values(text)).toEqual(expected));
});

describe("remarks, where a shell or dotenv would differ", () => {
  test.each<[string, string[]]>([
    ["A=1\nB='$x # y'\nC=#fff\nD=a#b\nE=\\$HOME\nF=5$\n", []],
    ["A=1\nexport B=2", ["2:1 error env/export-ignored"]],
    ["A=1  # note", ["1:6 error env/comment-kept"]],
    ['A="1" # note', ["1:7 error env/comment-kept"]],
    ["A= # note", ["1:4 error env/comment-kept"]],
    ['A=${B}/x\nB="$(date)"', ["1:3 warning env/not-expanded", "2:4 warning env/not-expanded"]],
    ["  hello\nA", ["1:3 error env/not-an-assignment", "2:1 error env/not-an-assignment"]],
    ["A B=c # $x", ["1:1 error env/bad-name"]],
    ["A=1\nB=2\nA=3", ["3:1 warning env/duplicate"]],
    ["A=1\nB=it's\nC='open\nD=4", ["3:3 error env/unclosed-quote"]],
    ["\uFEFFA=1", ["1:1 error env/byte-order-mark"]],
    ["A=1\nB=\0", ["2:3 error env/bad-encoding"]],
    ["A=1\nB=\uD800", ["2:1 error env/bad-encoding"]],
    ["# see C:\\\nA=1", ["1:9 error env/comment-continued"]],
    ["A=C:\\new", ["1:5 warning env/backslash-dropped"]],
    ["A='a' 'b'", ["1:7 warning env/joined"]],
    ["A='a\r\nb'", ["1:5 warning env/carriage-return"]],
    ["A=\uFFFD", ["1:1 warning env/replacement-character"]],
  ])("%j", (text, expected) => expect(remarks(text)).toEqual(expected));
});

test("a value that no process can be given is an error", () => {
  expect(remarks(`A=${"x".repeat(131_069)}`)).toEqual([]);
  expect(remarks(`A=${"x".repeat(131_070)}`)).toEqual(["1:1 error env/too-long"]);
});

test("a comment that ends in a backslash goes on before systemd 254, and no longer", () => {
  expect([...parseEnvFile("# c\\\nA=1", "f").values.keys()]).toEqual([]);
  expect([...parseEnvFile("# c\\\nA=1", "f", { systemd: 257 }).values.keys()]).toEqual(["A"]);
});

test("a duplicate shows the value that is lost by its place", () => {
  const [duplicate] = parseEnvFile("A=1\nA=2", "bot.env").diagnostics;
  expect(duplicate?.related).toEqual([
    { at: { file: "bot.env", line: 1, column: 1, length: 1 }, note: "the value that is lost" },
  ]);
});

test("no diagnostic holds a value, nor a name that may be a piece of one", () => {
  const line = fc.constantFrom(
    "A=@\n",
    "A='@\n",
    "export A=@\n",
    "@\n",
    "A=$@ # @\n",
    'A="x" @\n',
    "A=\\@\uFFFD\n",
    "@ @=1\r",
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const { diagnostics } = parseEnvFile(lines.join("").replaceAll("@", "hunter2"), "f");
      return !JSON.stringify(diagnostics).includes("hunter2");
    }),
  );
});

test("any text is read without an exception, and every place is inside it", () => {
  const text = fc.string({ unit: fc.constantFrom(..."AB=='\"\\#; \t\n\r$\0\uFEFF\uD800{(".split("")) });
  fc.assert(
    fc.property(text, (text) => {
      const lines = text.split(/\r\n|\n|\r/);
      return parseEnvFile(text, "f").diagnostics.every(
        ({ at }) => at !== undefined && at.column <= (lines[at.line - 1] ?? "").length + 1,
      );
    }),
    { numRuns: 3000 },
  );
});
