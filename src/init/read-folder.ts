import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import type { Folder, FoundEntry } from "./folder.ts";

const deepest = 3;
const mostEntries = 5000;
const longestText = 256 * 1024;

/** Directories that hold other people's code or nothing of interest. */
const skipped = /^(\.git|\.hg|\.svn|__pycache__|\.cache|\.[a-z]+_cache|vendor|site-packages|\.tox|\.next)$/;
/** Of these only one sub-directory says something: the programs that were installed. */
const onlyPrograms: Readonly<Record<string, string>> = {
  node_modules: ".bin",
  venv: "bin",
  ".venv": "bin",
  env: "bin",
};
const speaking =
  /^(package\.json|pyproject\.toml|Procfile|\.env(\.(example|sample|template|dist))?|\.python-version|\.nvmrc|go\.mod|deno\.jsonc?|Gemfile\.lock|.*\.sh)$/;

/** Looks at a folder for `holdfast init`: names, kinds, first bytes, and the text of a few small files. Runs nothing and follows no linked directory. */
export function readFolder(path: string, options: { mostEntries?: number } = {}): Folder {
  const most = options.mostEntries ?? mostEntries;
  const entries = new Map<string, FoundEntry>();
  const pending = [""];
  let complete = true;
  for (let directory = pending.shift(); directory !== undefined; directory = pending.shift()) {
    for (const name of namesIn(join(path, directory))) {
      if (entries.size >= most) complete = false;
      const below = directory === "" ? name : `${directory}/${name}`;
      const entry = complete ? look(path, below) : undefined;
      if (!entry) continue;
      entries.set(below, entry);
      if (entry.kind === "directory" && isWorthEntering(below)) pending.push(below);
    }
  }
  return { path, entries, complete };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function isWorthEntering(path: string): boolean {
  const names = path.split("/");
  const only = names.length > 1 ? onlyPrograms[names[0]!] : undefined;
  if (only !== undefined) return names.length === 2 && names[1] === only;
  return names.length < deepest && !skipped.test(names.at(-1)!);
}

function look(root: string, path: string): FoundEntry | undefined {
  const full = join(root, path);
  try {
    const linked = lstatSync(full).isSymbolicLink();
    const stat = statSync(full);
    const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
    const entry: FoundEntry = {
      path,
      // A linked directory may lead anywhere, round in a circle too.
      kind: kind === "directory" && linked ? "other" : kind,
      mode: stat.mode & 0o7777,
      size: stat.size,
      head: kind === "file" ? headOf(full) : "",
    };
    const speaks =
      kind === "file" && !path.includes("/") && speaking.test(basename(path)) && stat.size <= longestText;
    return {
      ...entry,
      ...(linked ? { target: realpathSync(full) } : {}),
      ...(speaks ? { text: readFileSync(full, "utf8") } : {}),
    };
  } catch {
    // Gone, unreadable, or a link to nothing: it tells nothing about the application.
    return undefined;
  }
}

function headOf(full: string): string {
  // Without blocking: between the look and the opening a file could have become a pipe.
  const descriptor = openSync(full, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) return "";
    const head = Buffer.alloc(64);
    return head.toString("latin1", 0, readSync(descriptor, head, 0, head.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
