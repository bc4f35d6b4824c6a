import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Folder, FoundEntry } from "./folder.ts";

/** A folder as tests write it down: "name/" is a directory, "name*" can be executed, "name@" is a link, all else a file. */
export type Tree = Readonly<Record<string, string | null>>;

export const elf = "\x7fELF\x02\x01\x01";
export const sqlite = "SQLite format 3\0";

/** Makes the folder on disk. */
export function writeTree(root: string, tree: Tree): void {
  for (const [key, content] of Object.entries(tree)) {
    const path = join(root, key.replace(/[*@]$/, ""));
    mkdirSync(key.endsWith("/") ? path : dirname(path), { recursive: true });
    if (key.endsWith("/")) continue;
    if (key.endsWith("@")) symlinkSync(content ?? "", path);
    else writeFileSync(path, content ?? "", { encoding: "latin1" });
    if (key.endsWith("*")) chmodSync(path, 0o755);
    else if (!key.endsWith("@")) chmodSync(path, 0o600);
  }
}

/** The same as the reader would have found it, without a disk. */
export function folderOf(path: string, tree: Tree): Folder {
  const entries = new Map<string, FoundEntry>();
  for (const [key, content] of Object.entries(tree)) {
    const name = key.replace(/[*@/]$/, "");
    for (let above = dirname(name); above !== "."; above = dirname(above))
      entries.set(above, { path: above, kind: "directory", mode: 0o755, size: 0, head: "" });
    const text = content ?? "";
    entries.set(name, {
      path: name,
      kind: key.endsWith("/") ? "directory" : "file",
      mode: key.endsWith("*") ? 0o755 : 0o600,
      size: text.length,
      head: text.slice(0, 64),
      ...(name.includes("/") ? {} : { text }),
    });
  }
  return { path, entries, complete: true };
}
