import { join } from "node:path";
import type { FileStat } from "../host/host.ts";
import type { Look } from "./look.ts";

export type TreeEntry = { path: string; stat: FileStat };
export type Tree = {
  entries: readonly TreeEntry[];
  /** Null when all of it was seen; otherwise what was not, and why. */
  left: string | null;
};

/** How many at a time: enough to keep the disk busy, few enough for one file table. */
const atOnce = 64;

/**
 * All below a directory, itself included, up to so many entries. Links are seen and not followed, so a circle of them ends;
 * other file systems are not entered; `skips` are paths to leave out.
 */
export async function readTree(
  look: Look,
  top: string,
  options: { most: number; skips?: ReadonlySet<string>; skipNames?: ReadonlySet<string> },
): Promise<Tree> {
  const { most, skips = new Set(), skipNames = new Set() } = options;
  const first = await look.stat(top);
  if (first.stat === null)
    return { entries: [], left: first.trouble === null ? null : `${top}: ${first.trouble}` };
  const entries: TreeEntry[] = [{ path: top, stat: first.stat }];
  const directories = first.stat.kind === "directory" ? [top] : [];
  let hidden: string | null = null;
  while (directories.length > 0) {
    const directory = directories.shift()!;
    const { names, trouble } = await look.list(directory);
    if (trouble !== null) hidden ??= `${directory}: ${trouble}`;
    const wanted = names.filter((name) => !skipNames.has(name) && !skips.has(join(directory, name)));
    for (let at = 0; at < wanted.length; at += atOnce) {
      const room = most - entries.length;
      if (room <= 0) return { entries, left: `only the first ${most} files below ${top} were looked at` };
      const part = wanted.slice(at, at + Math.min(atOnce, room));
      const seen = await Promise.all(
        part.map(async (name) => ({
          path: join(directory, name),
          ...(await look.stat(join(directory, name))),
        })),
      );
      for (const { path, stat, trouble: why } of seen) {
        if (why !== null) hidden ??= `${path}: ${why}`;
        if (stat === null) continue;
        entries.push({ path, stat });
        if (stat.kind === "directory" && stat.device === first.stat.device) directories.push(path);
      }
      if (part.length < Math.min(atOnce, wanted.length - at))
        return { entries, left: `only the first ${most} files below ${top} were looked at` };
    }
  }
  return { entries, left: hidden };
}
