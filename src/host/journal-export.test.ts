import * as fc from "fast-check";
import { expect, test } from "vitest";
import { JournalExportReader, type ExportedLine } from "./journal-export.ts";

function entry(fields: readonly [string, string | Buffer][]): Buffer {
  const parts = fields.map(([key, value]) => {
    const bytes = Buffer.from(value as string);
    if (typeof value === "string" && !value.includes("\n")) return Buffer.from(`${key}=${value}\n`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([Buffer.from(`${key}\n`), length, bytes, Buffer.from("\n")]);
  });
  return Buffer.concat([...parts, Buffer.from("\n")]);
}

function readAll(stream: Buffer, cuts: readonly number[], wants = () => true): ExportedLine[] {
  const lines: ExportedLine[] = [];
  const reader = new JournalExportReader(wants, (line) => lines.push(line));
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = cuts.length === 0 ? stream.length : cuts[turn % cuts.length]!;
    reader.add(stream.subarray(at, at + size));
    at += size;
  }
  return lines;
}

test("lines are read whatever is in them, in any order of fields, and wherever the stream is cut", () => {
  const line = fc.record({
    unit: fc.constantFrom("a-bot.service", "x.service"),
    message: fc.string({ unit: "grapheme" }),
    priority: fc.nat(7),
    time: fc.integer({ min: 1, max: 1e12 }),
    order: fc.array(fc.nat(), { minLength: 7, maxLength: 7 }),
  });
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (lines, cuts) => {
        const stream = Buffer.concat(
          lines.map(({ unit, message, priority, time, order }) => {
            const fields: [string, string][] = [
              ["__CURSOR", "s=1;i=2"],
              ["__REALTIME_TIMESTAMP", String(time * 1000)],
              ["__MONOTONIC_TIMESTAMP", "12345"],
              ["_BOOT_ID", "abc"],
              ["PRIORITY", String(priority)],
              ["_SYSTEMD_UNIT", unit],
              ["MESSAGE", message],
            ];
            return entry(
              fields
                .map((field, index) => ({ field, by: order[index]! }))
                .sort((a, b) => a.by - b.by)
                .map(({ field }) => field),
            );
          }),
        );
        const expected = lines.map(({ unit, message, priority, time }) => ({
          unit,
          message,
          priority,
          time,
        }));
        expect(readAll(stream, cuts)).toEqual(expected);
      },
    ),
  );
});

test("of a huge message the beginning is kept, and the next line is read", () => {
  const time: [string, string] = ["__REALTIME_TIMESTAMP", "1000"];
  const unit: [string, string] = ["_SYSTEMD_UNIT", "a.service"];
  const huge = Buffer.alloc(3_000_000, "x");
  const stream = Buffer.concat([
    entry([time, unit, ["MESSAGE", huge], ["COREDUMP", huge]]),
    entry([time, unit, ["MESSAGE", "after"]]),
  ]);
  const lines = readAll(stream, [65_536]);
  expect(lines.map(({ message }) => message.length)).toEqual([16_384, 5]);
});

test("lines of other units are not taken", () => {
  const one = entry([
    ["_SYSTEMD_UNIT", "a.service"],
    ["__REALTIME_TIMESTAMP", "1000"],
    ["MESSAGE", "m"],
  ]);
  expect(readAll(one, [], () => false)).toEqual([]);
});
