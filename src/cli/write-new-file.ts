import { closeSync, fchownSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname, relative } from "node:path";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { printable } from "../value/printable.ts";

/** Writes a spec that a person asked for, and replaces one only with `force`. */
export function writeNewFile(
  file: string,
  text: string,
  { force, exists, print }: { force: boolean; exists: (file: string) => HoldfastError; print: string },
): void {
  // Never through a link that stands there: the command may run as root in a directory of somebody else.
  const written = force ? `${file}.new-${process.pid}` : file;
  try {
    const descriptor = openSync(written, "wx", 0o644);
    try {
      writeSync(descriptor, text);
      const owner = statSync(dirname(file));
      if (process.getuid?.() === 0) fchownSync(descriptor, owner.uid, owner.gid);
    } finally {
      closeSync(descriptor);
    }
    if (force) renameSync(written, file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Somebody else may have been quicker.
    if (code === "EEXIST" && !force) throw exists(file);
    throw new HoldfastError(
      {
        severity: "error",
        code: "write/failed",
        summary: `Cannot write ${printable(relative("", file))}: ${message}`,
        fix: `check the permissions, or print it: ${print}`,
      },
      exitCode.failed,
      { cause: error },
    );
  }
}
