import * as fs from "node:fs/promises";
import type { Stats } from "node:fs";
import type { Kept, Reading } from "../../heal/reading.ts";
import { judgeLines, type Moment } from "./judge-lines.ts";
import { LineTally, type Counts } from "./line-tally.ts";
import { keptNumber, probeOf, reading, type LookOf } from "./local-probe.ts";
import type { ProbeContext } from "./probe.ts";
import { readNewLines } from "./read-new-lines.ts";
import type { Counted } from "./window-count.ts";

/**
 * How old a file is; with `match` or a count, what is written into it. Its lines bear no time that could be trusted, so
 * those that are new since the last look are taken to have been written when the file was last changed.
 */
export const probeFile = probeOf("file", async (context, look) => {
  const found = await statOf(look.path);
  if (found === null) return reading("fail", `there is no ${look.path}`);
  const readsLines = look.match !== null || look.atLeast !== null || look.atMost !== null;
  return readsLines ? lookInto(context, look, found) : judgeAge(context, look, found);
});

/** Links are followed: a log may be a link to the file of the day. */
async function statOf(path: string): Promise<Stats | null> {
  try {
    return await fs.stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

function judgeAge(context: ProbeContext, look: LookOf<"file">, found: Stats): Reading {
  const tally = new LineTally(look);
  tally.addMatches(found.mtimeMs, 1);
  return judgeLines(tally, momentOf(context, "change"));
}

async function lookInto(context: ProbeContext, look: LookOf<"file">, found: Stats): Promise<Reading> {
  const { now, kept } = context;
  const written = Math.min(found.mtimeMs, now);
  const inode = keptNumber(kept, "inode");
  const offset = keptNumber(kept, "offset");
  if (inode === null || offset === null) {
    // Of the lines that are there nobody knows the time, except of the last one, and that none is newer than that.
    const tally = new LineTally(look, { seenFrom: written, exact: 0 });
    const end = { inode: found.ino, offset: Math.max(0, found.size - longestLine) };
    const { lines, skipped: _, ...at } = await readNewLines(look.path, end);
    if (lines.length > 0 && tally.counts(lines.at(-1)!, 0)) tally.addMatches(written, 1);
    return { ...judgeLines(tally, momentOf(context, nounOf(look))), kept: keep(at, tally) };
  }
  const tally = new LineTally(look, { exact: 0 }, countsOf(kept!));
  const { lines, skipped, ...at } = await readNewLines(look.path, { inode, offset });
  const matching = lines.filter((line) => tally.counts(line, 0)).length;
  if (matching > 0) tally.addMatches(Math.max(written, tally.newest ?? 0), matching);
  const judged = judgeLines(tally, momentOf(context, nounOf(look)));
  const note = skipped === 0 ? "" : `; ${skipped} bytes were too many to be read`;
  return { ...judged, says: judged.says + note, kept: keep(at, tally) };
}

/** Of the end of a file that is looked at for the first time. */
const longestLine = 8192;

function momentOf({ now, unit }: ProbeContext, noun: string): Moment {
  return { now, since: unit.activeSince, late: 0, noun };
}

function nounOf({ match }: LookOf<"file">): string {
  return match === null ? "line" : "matching line";
}

function keep(at: { inode: number; offset: number }, tally: LineTally): Kept {
  const { inode, offset } = at;
  return { inode, offset, ...tally.counted() };
}

function countsOf(kept: Kept): Counts {
  const counted = (name: string): Counted => {
    const value = kept[name];
    return Array.isArray(value) ? (value as Counted) : [];
  };
  return {
    newest: keptNumber(kept, "newest"),
    seenFrom: keptNumber(kept, "seenFrom") ?? -Infinity,
    least: counted("least"),
    most: counted("most"),
  };
}
