import type { Diagnostic, Place } from "../report/diagnostic.ts";
import { describeRemark, type RemarkCode } from "./env-file-remarks.ts";
import { scanEnvFile } from "./env-file-scan.ts";

export type EnvFile = { values: Map<string, { value: string; at: Place }>; diagnostics: Diagnostic[] };

const oldest = 252;
const exported = /^export\s+([A-Za-z_][A-Za-z0-9_]*)$/;

/**
 * Reads an EnvironmentFile= as PID 1 does (systemd.exec(5)), and says where a shell or dotenv would have read it
 * otherwise. Lines that systemd drops, and comments that it keeps, are errors; what it reads in its own way is a
 * warning. Diagnostics hold names and places, never values: they may be secrets. `systemd` is the version that will
 * read it: before 254 a comment that ends in a backslash goes on.
 */
export function parseEnvFile(text: string, file: string, options: { systemd?: number } = {}): EnvFile {
  const place = makePlace(text, file);
  const values: EnvFile["values"] = new Map();
  const nul = text.indexOf("\0");
  // PID 1 gives up on the whole file, and the service does not start.
  if (nul >= 0)
    return { values, diagnostics: [describeRemark({ code: "bad-encoding", index: nul, length: 1 }, place)] };

  const scan = scanEnvFile(text, (options.systemd ?? oldest) < 254);
  const remarks = [...scan.strays];
  for (const entry of scan.entries) {
    const length = entry.key.length;
    const bad = badEntry(entry);
    if (bad) {
      remarks.push({ code: bad, index: entry.at, length, name: exported.exec(entry.key)?.[1] });
      if (bad === "bad-encoding") values.clear();
      // What the value looks like does not matter on a line that is dropped; a quote that swallows the rest does.
      remarks.push(...entry.remarks.filter((remark) => remark.code === "unclosed-quote"));
      if (bad === "bad-encoding") break;
      continue;
    }
    const earlier = values.get(entry.key)?.at;
    if (earlier) remarks.push({ code: "duplicate", index: entry.at, length, name: entry.key, earlier });
    remarks.push(...entry.remarks.map((remark) => ({ ...remark, name: entry.key })));
    values.set(entry.key, { value: entry.value, at: place(entry.at, length) });
  }
  remarks.sort((a, b) => a.index - b.index);
  return { values, diagnostics: remarks.map((remark) => describeRemark(remark, place)) };
}

function badEntry(entry: { key: string; at: number; value: string }): RemarkCode | undefined {
  if (!isAcceptedText(entry.key + entry.value)) return "bad-encoding";
  if (entry.at === 0 && entry.key.startsWith("\uFEFF")) return "byte-order-mark";
  if (exported.test(entry.key)) return "export-ignored";
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(entry.key)) return "bad-name";
  return undefined;
}

function isAcceptedText(text: string): boolean {
  // systemd counts non-characters as invalid UTF-8.
  return text.isWellFormed() && !/\p{Noncharacter_Code_Point}/u.test(text);
}

function makePlace(text: string, file: string): (index: number, length: number) => Place {
  const starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
  return (index, length) => {
    const line = starts.findLastIndex((start) => start <= index);
    return { file, line: line + 1, column: index - (starts[line] ?? 0) + 1, length };
  };
}
