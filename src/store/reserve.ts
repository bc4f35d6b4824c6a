import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Enough for some hundred incidents with their messages. */
const size = 1024 * 1024;
/** Where there is less, the reserve would be what fills the disk. */
const least = 16 * size;

/**
 * A file that keeps room for what matters most on a full disk: that it is recorded, and that people are told. Made while
 * there is room, given back by the first writer that finds none. Never throws: without it everything is as it would be.
 */
export function makeReserve(stateDirectory: string): void {
  const path = join(stateDirectory, "reserve");
  try {
    if (statSync(path, { throwIfNoEntry: false })?.size === size) return;
    const { bavail, bsize } = statfsSync(stateDirectory);
    if (bavail * bsize < least) return;
    const file = openSync(path, "w", 0o600);
    // Not a hole: its blocks have to be there.
    for (let written = 0; written < size;) written += writeSync(file, Buffer.alloc(64 * 1024, 0x68));
    fsyncSync(file);
    closeSync(file);
  } catch {
    rmSync(path, { force: true });
  }
}

/** Gives its room back; false when there was none to give. */
export function useReserve(stateDirectory: string): boolean {
  const path = join(stateDirectory, "reserve");
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}
