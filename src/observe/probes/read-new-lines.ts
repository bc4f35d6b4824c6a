import { constants } from "node:fs";
import * as fs from "node:fs/promises";

/** How far a file has been read: bytes, and the inode they are of. */
export type ReadSoFar = { inode: number; offset: number };

export type NewLines = ReadSoFar & {
  lines: readonly string[];
  /** Bytes that were left out, because more had been written than is read at once. */
  skipped: number;
};

/** Read at one look; of more, the newest. */
const mostRead = 1024 * 1024;

/**
 * The whole lines that were written to a file since `before`. A file that was put in its place, or made shorter, is read
 * from its beginning. Throws Node's errors; a path that is no ordinary file is an error, too.
 */
export async function readNewLines(path: string, before: ReadSoFar): Promise<NewLines> {
  // O_NONBLOCK: a FIFO that somebody put in its place must not hang us.
  const file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error(`${path} is no ordinary file`);
    const same = found.ino === before.inode && found.size >= before.offset;
    const begin = same ? before.offset : 0;
    const from = Math.max(begin, found.size - mostRead);
    const buffer = Buffer.allocUnsafeSlow(found.size - from);
    const { bytesRead } =
      buffer.length === 0 ? { bytesRead: 0 } : await file.read(buffer, 0, buffer.length, from);
    return { inode: found.ino, ...wholeLines(buffer.subarray(0, bytesRead), from), skipped: from - begin };
  } finally {
    await file.close();
  }
}

/** The end of a line that is still being written is left for the next look, unless it is the whole of what may be read. */
function wholeLines(text: Buffer, from: number): { lines: string[]; offset: number } {
  const end = text.lastIndexOf(10) + 1;
  if (end === 0) return { lines: [], offset: text.length < mostRead ? from : from + text.length };
  return { lines: text.toString("utf8", 0, end - 1).split("\n"), offset: from + end };
}
