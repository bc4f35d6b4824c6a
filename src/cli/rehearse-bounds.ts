import { statSync } from "node:fs";
import { resolve } from "node:path";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { parseSize } from "../value/size.ts";

/** What --size and --empty say of the copy, checked before anything is booted. */
export function boundsOf(
  file: string,
  { size, empty = [] }: { size?: string; empty?: readonly string[] },
): { size?: string; empty: readonly string[] } {
  if (size !== undefined) {
    const read = parseSize(size);
    const isUsable = read.ok && Number.isFinite(read.value) && read.value > 0;
    if (!isUsable)
      throw usage(
        `--size ${size} is not a size`,
        `expected ${read.ok ? "more than nothing, and an end" : read.expected}`,
        `--size ${(!read.ok && read.fix) || "4G"}`,
      );
  }
  const directories = empty.map((path) => resolve(path));
  for (const path of directories) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw usage(`--empty ${path}: there is no such directory`, "expected a directory of this machine");
    if (resolve(file).startsWith(path === "/" ? "/" : `${path}/`))
      throw usage(
        `--empty ${path}: the spec is in it`,
        "the copy would have nothing to rehearse",
        "name the directory that has the data",
      );
  }
  return { ...(size === undefined ? {} : { size: size.trim() }), empty: directories };
}

function usage(what: string, detail: string, fix?: string): HoldfastError {
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/bad-bound",
      summary: `Cannot rehearse: ${what}`,
      detail,
      ...(fix === undefined ? {} : { fix }),
    },
    exitCode.usage,
  );
}
