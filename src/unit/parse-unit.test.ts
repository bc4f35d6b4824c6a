import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { editUnit, removeLine, setValue } from "./edit-unit.ts";
import { parseUnit } from "./parse-unit.ts";
import { Settings } from "./settings.ts";
import type { Assignment } from "./unit-file.ts";
import { decodeUnit, encodeUnit } from "./unit-text.ts";

const assignments = (text: string) =>
  parseUnit("x.service", text)
    .nodes.filter((node) => node.kind === "assignment")
    .map(({ section, key, value, line, lines }) => [section, key, value, line, lines]);

test("sections, comments and white space", () => {
  expect(assignments("# a\n[Unit]\n  Description = A bot \n\n; b\n[Service]\nExecStart=/bin/x\n")).toEqual([
    ["Unit", "Description", "A bot", 3, 1],
    ["Service", "ExecStart", "/bin/x", 7, 1],
  ]);
});

test("continued lines are joined, and comments between them are not part of the value", () => {
  const text = "[Service]\nExecStart=/bin/x \\\n# no part of it\n   a \\\n   b\nRestart=always\n";
  expect(assignments(text)).toEqual([
    ["Service", "ExecStart", "/bin/x  a  b", 2, 4],
    ["Service", "Restart", "always", 6, 1],
  ]);
});

test("a backslash that is escaped, or followed by a space, does not continue a line", () => {
  expect(assignments("[Service]\nExecStart=/bin/x \\\\\nRestart=no\n")).toHaveLength(2);
  expect(assignments("[Service]\nExecStart=/bin/x \\ \nRestart=no\n")).toHaveLength(2);
});

test("an empty line, or the end of the file, ends a continued line", () => {
  expect(assignments("[Service]\nExecStart=/bin/x \\\n\nRestart=no\n")).toEqual([
    ["Service", "ExecStart", "/bin/x", 2, 2],
    ["Service", "Restart", "no", 4, 1],
  ]);
  expect(assignments("[Service]\nExecStart=/bin/x \\")).toEqual([["Service", "ExecStart", "/bin/x", 2, 1]]);
});

test("CRLF, CR, NUL and a byte order mark are read as systemd reads them", () => {
  expect(assignments("\ufeff[Service]\r\nNice=1\r\nUMask=7\rKillMode=none\0Type=exec")).toEqual([
    ["Service", "Nice", "1", 2, 1],
    ["Service", "UMask", "7", 3, 1],
    ["Service", "KillMode", "none", 4, 1],
    ["Service", "Type", "exec", 5, 1],
  ]);
});

test("what systemd skips or refuses is said", () => {
  const junk = (text: string) =>
    parseUnit("x.service", text)
      .nodes.filter((node) => node.kind === "junk")
      .map(({ what, line }) => [what, line]);
  expect(junk("[Service]\nnothing\n=x\n[Broken\n")).toEqual([
    ["no-equals", 2],
    ["no-key", 3],
    ["bad-header", 4],
  ]);
  expect(junk(`[Service]\nExecStart=${"x".repeat(1_048_576)}\n`)).toEqual([["too-long", 2]]);
  expect(junk(decodeUnit(Buffer.from("[Service]\nDescription=\xff\xfe\n", "latin1")))).toEqual([
    ["not-utf8", 2],
  ]);
  expect(assignments("Nice=1\n[Service]\n")).toEqual([[null, "Nice", "1", 1, 1]]);
});

test("an empty assignment takes back what came before, and later files add", () => {
  const settings = new Settings([
    parseUnit("a.service", "[Service]\nExecStart=/bin/a\nEnvironment=A=1\n"),
    parseUnit("a.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/bin/b\nEnvironment=B=2\n"),
  ]);
  expect(settings.all("Service", "ExecStart").map(({ value }) => value)).toEqual(["/bin/b"]);
  expect(settings.all("Service", "Environment").map(({ value }) => value)).toEqual(["A=1", "B=2"]);
  expect(settings.last("Service", "ExecStart")?.file.path).toBe("a.service.d/x.conf");
});

const anyBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "[Service]",
        "\n",
        "\r\n",
        "\\",
        " ",
        "=",
        "#",
        ";",
        "\t",
        "\0",
        "[",
        "]",
        '"',
        "Nice",
        "ä",
      ),
      fc.string(),
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join(""), "latin1"));

test("any bytes are read, and written back as they were", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const file = parseUnit("x.service", decodeUnit(bytes));
      expect(encodeUnit(file.text).equals(bytes)).toBe(true);
      let at = 0;
      for (const { start, end, line } of file.nodes) {
        expect(start).toBeGreaterThanOrEqual(at);
        expect(end).toBeGreaterThan(start);
        expect(line).toBeGreaterThan(0);
        at = end;
      }
      expect(at).toBeLessThanOrEqual(file.text.length);
    }),
    { numRuns: 2000 },
  );
});

test("an edit changes its own lines and no other byte", () => {
  const anyLine = fc.constantFrom(
    "[Service]",
    "[Unit]",
    "# comment",
    "",
    "Nice=1",
    "ExecStart=/bin/x \\",
    "  more",
    "UMask=  7 ",
    "junk",
  );
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 20 }),
      fc.constantFrom("\n", "\r\n"),
      fc.nat(),
      (lines, ending, pick) => {
        const file = parseUnit("x.service", lines.join(ending));
        const all = file.nodes.filter((node): node is Assignment => node.kind === "assignment");
        if (all.length === 0) return;
        const chosen = all[pick % all.length]!;
        const changed = editUnit(file, [setValue(file, chosen, "new")]);
        expect(changed.text.startsWith(file.text.slice(0, chosen.start))).toBe(true);
        expect(changed.text.endsWith(file.text.slice(chosen.end))).toBe(true);
        const values = (nodes: typeof file.nodes) =>
          nodes
            .filter((node): node is Assignment => node.kind === "assignment")
            .map(({ key, value }) => `${key}=${value}`);
        const expected = values(file.nodes);
        expected[all.indexOf(chosen)] = `${chosen.key}=new`;
        expect(values(changed.nodes)).toEqual(expected);
        const gone = editUnit(file, [removeLine(chosen)]);
        expect(values(gone.nodes)).toEqual(expected.filter((_, index) => index !== all.indexOf(chosen)));
      },
    ),
    { numRuns: 1000 },
  );
});

test("the units of this machine are read without a word of doubt, and without loss", () => {
  const folder = "/usr/lib/systemd/system";
  const names = readdirSync(folder).filter((name) => /\.(service|timer|socket|target)$/.test(name));
  for (const name of names) {
    const bytes = readFileSync(join(folder, name));
    const file = parseUnit(name, decodeUnit(bytes));
    expect(encodeUnit(file.text).equals(bytes)).toBe(true);
    expect(file.nodes.filter(({ kind }) => kind === "junk")).toEqual([]);
  }
});
