import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ForeignFile } from "../import/imported.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { printable } from "../value/printable.ts";

const mostBytes = 10 * 1024 * 1024;
const longestScript = 200_000;
const mostFiles = 1000;

/** Reads what import was given; of a directory, the files in it. Whatever cannot be read is said, and the rest goes on. */
export function readForeign(paths: readonly string[]): { files: ForeignFile[]; diagnostics: Diagnostic[] } {
  const files: ForeignFile[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const path of paths.flatMap((given) => expand(given, diagnostics))) {
    const read = readText(path, mostBytes);
    if (typeof read === "string") files.push({ path, text: read });
    else diagnostics.push(refusal(path, read));
  }
  return { files, diagnostics };
}

/** A script that an imported file runs: looked at, never run; null when it cannot be read. */
export function readScript(path: string): string | null {
  const read = readText(path, longestScript);
  return typeof read === "string" && !read.includes("\0") ? read : null;
}

type Trouble = { what: string; fix: string };

function expand(path: string, diagnostics: Diagnostic[]): string[] {
  const stat = trying(() => statSync(path));
  if ("what" in stat || !stat.isDirectory()) return [path];
  const names = trying(() => readdirSync(path).toSorted());
  if ("what" in names) {
    diagnostics.push(refusal(path, names));
    return [];
  }
  return names
    .filter((name) => !name.startsWith(".") && !/(~|\.(bak|orig|swp|dpkg-\w+))$/.test(name))
    .slice(0, mostFiles)
    .map((name) => join(path, name))
    .filter((file) => {
      const inner = trying(() => statSync(file));
      return !("what" in inner) && inner.isFile();
    });
}

/** Not through a pipe or a device, and not more than is sensible. */
function readText(path: string, most: number): string | Trouble {
  const descriptor = trying(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (typeof descriptor !== "number") return descriptor;
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { what: "it is no plain file", fix: "name a file" };
    if (stat.size > most)
      return {
        what: `it has ${Math.round(stat.size / 1024 / 1024)} MB, and no such file is that large`,
        fix: "name the file of the process manager itself",
      };
    const read = trying(() => readFileSync(descriptor));
    return "what" in read ? read : read.toString("utf8");
  } finally {
    closeSync(descriptor);
  }
}

function trying<T>(action: () => T): T | Trouble {
  try {
    return action();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const words: Readonly<Record<string, [string, string]>> = {
      ENOENT: ["it does not exist", "check the path"],
      EACCES: ["it may not be read", "run it as root, or as whoever owns the file"],
      ELOOP: ["its links go round in a circle", "name the file itself"],
      EISDIR: ["it is a directory", "name the files in it"],
    };
    const [what, fix] = words[code ?? ""] ?? [message, "check the file"];
    return { what, fix };
  }
}

function refusal(path: string, { what, fix }: Trouble): Diagnostic {
  const shown = printable(path);
  return {
    severity: "error",
    code: "import/not-read",
    summary: `Cannot import ${shown}: ${what}`,
    at: { file: shown, line: 1, column: 1, length: 1 },
    fix,
  };
}
