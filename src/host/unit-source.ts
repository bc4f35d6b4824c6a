import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";

/** What a path is, links not followed. `target` is where a link points to, as written. */
export type Entry = { kind: "file" | "directory" | "link" | "other"; target?: string };

/** A file's bytes, or why there are none. */
export type FileBytes = { bytes: Buffer } | { trouble: string };

/** Where unit files are read from. Synchronous: hundreds of small files are read at once, and nothing else waits. */
export interface UnitSource {
  /** Names in a directory, sorted; null when it is none, or may not be read. */
  list(path: string): readonly string[] | null;
  entry(path: string): Entry | null;
  /** The path without links; null when it leads nowhere, or in a circle. */
  real(path: string): string | null;
  read(path: string): FileBytes;
}

/** PID 1 reads files of any size; what is larger than this is no unit that anybody wrote. */
const largest = 64 * 1024 * 1024;

/** The files of this machine. */
export const localUnitSource: UnitSource = {
  list: (path) => attempt(() => readdirSync(path).toSorted()),
  entry: (path) =>
    attempt((): Entry => {
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
      return { kind: stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other" };
    }),
  real: (path) => attempt(() => realpathSync(path)),
  read: (path) => {
    try {
      const stat = statSync(path);
      // A pipe or a device would wait for ever.
      if (!stat.isFile())
        return { trouble: stat.isDirectory() ? "it is a directory" : "it is not a regular file" };
      if (stat.size > largest) return { trouble: `it has ${Math.round(stat.size / 1024 / 1024)} MiB` };
      return { bytes: readFileSync(path) };
    } catch (error) {
      return { trouble: troubleOf(error as NodeJS.ErrnoException) };
    }
  },
};

function attempt<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch {
    return null;
  }
}

function troubleOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "it does not exist";
  if (code === "EACCES") return "you may not read it";
  if (code === "ELOOP") return "its links lead in a circle";
  return message;
}
