import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseJournalLine } from "./journal-entry.ts";
import { journalLines } from "./journal-lines.ts";

async function linesOf(
  text: string,
  options: { head: number; tail?: number; chunk: number },
): Promise<string[]> {
  const bytes = Buffer.from(text);
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += options.chunk) yield bytes.subarray(at, at + options.chunk);
  }
  const lines: string[] = [];
  for await (const line of journalLines(chunks(), { tail: 150, ...options })) lines.push(line);
  return lines;
}

const cursor = "s=1;i=2";
const short = {
  __CURSOR: cursor,
  __REALTIME_TIMESTAMP: "1795233997916236",
  _SYSTEMD_UNIT: "a.service",
  _PID: "7",
};
const awkward = fc.string({
  unit: fc.constantFrom('"', "\\", ",", ':"', "\n", "é", "\u0000", "x", "]", "{"),
});

test("lines come out as they went in, however the bytes arrive", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.stringMatching(/^[^\n]*$/)),
    fc.integer({ min: 1, max: 9 }),
    async (lines, chunk) => {
      const wellFormed = lines.map((line) => line.toWellFormed());
      const text = wellFormed.map((line) => `${line}\n`).join("");
      expect(await linesOf(text, { head: 1000, chunk })).toEqual(wellFormed);
    },
  );
  await fc.assert(property);
});

test("an entry that is too long keeps its other fields and the start of its message", async () => {
  const place = fc.integer({ min: 0, max: Object.keys(short).length });
  const property = fc.asyncProperty(
    awkward,
    place,
    fc.integer({ min: 200, max: 320 }),
    async (text, index, head) => {
      const message = text + "y".repeat(600) + text;
      const fields = Object.entries(short).toSpliced(index, 0, ["MESSAGE", message]);
      const line = JSON.stringify(Object.fromEntries(fields));
      const [mended = ""] = await linesOf(`${line}\n`, { head, chunk: 64 });
      const entry = parseJournalLine(mended);
      expect(entry).toMatchObject({
        cursor,
        unit: "a.service",
        pid: 7,
        time: 1795233997916236,
      });
      expect(entry!.message).not.toContain("too long to be read");
      // The cut may fall into the middle of a character.
      expect(message.startsWith(entry!.message.replace(/\uFFFD+$/, ""))).toBe(true);
    },
  );
  await fc.assert(property, { numRuns: 1000 });
});

test("a long message of bytes, which journalctl prints as numbers, is cut too", async () => {
  const bytes = `[${"255,".repeat(200)}10]`;
  const line = `{"_PID":"7","MESSAGE":${bytes},"__CURSOR":"c"}\n`;
  const [mended = ""] = await linesOf(line, { head: 103, tail: 50, chunk: 10 });
  expect(parseJournalLine(mended)).toMatchObject({ pid: 7, cursor: "c", message: "\uFFFD".repeat(20) });
});

test("a long message that came twice in one entry is given up, and its unit is still known", async () => {
  const line = JSON.stringify({ MESSAGE: ["a", "b".repeat(500)], ...short });
  const [mended = ""] = await linesOf(`${line}\n`, { head: 100, chunk: 10 });
  expect(parseJournalLine(mended)).toMatchObject({ unit: "a.service", cursor });
});

test("a program cannot speak for another unit", () => {
  const forged = { ...short, UNIT: "victim.service", EXIT_CODE: "killed" };
  expect(parseJournalLine(JSON.stringify(forged))).toMatchObject({
    unit: "a.service",
    from: "unit",
    fields: {},
  });
  const real = { ...forged, _PID: "1", _SYSTEMD_UNIT: "init.scope" };
  const expected = { unit: "victim.service", from: "systemd", fields: { EXIT_CODE: "killed" } };
  expect(parseJournalLine(JSON.stringify(real))).toMatchObject(expected);
});

test("what is no entry is passed over", () => {
  expect(parseJournalLine("-- No entries --")).toBeNull();
  expect(parseJournalLine("")).toBeNull();
});
