import { dirname, join } from "node:path";
import type { FileStat } from "../host/host.ts";
import type { Look } from "./look.ts";

/** A directory, a link or the file at the end; `holds` is what comes next in it. */
export type Step = { path: string; stat: FileStat; holds: FileStat | null };

export type Walked = {
  steps: readonly Step[];
  /** Where it leads; null when nothing is there, or nobody may see. */
  end: string | null;
  trouble: string | null;
};

/** As the kernel does (path_resolution(7)). */
const mostLinks = 40;

/** Every directory above a path, and every link on the way with the directories above its target: whoever may change one of them decides what the path is. */
export async function walkPath(look: Look, path: string): Promise<Walked> {
  const steps: Step[] = [];
  let rest = path.split("/").filter((part) => part !== "");
  let current = "/";
  let links = 0;
  const root = await look.stat("/");
  if (root.stat) steps.push({ path: "/", stat: root.stat, holds: null });
  while (rest.length > 0) {
    const [part = "", ...later] = rest;
    rest = later;
    if (part === "." || part === "") continue;
    if (part === "..") {
      current = dirname(current);
      continue;
    }
    const next = join(current, part);
    const { stat, trouble } = await look.stat(next);
    // The directory was gone through before when the path came back to it by a link.
    const within = steps.findLast((step) => step.path === current);
    if (within && within.holds === null) within.holds = stat;
    if (stat === null) return { steps, end: null, trouble };
    steps.push({ path: next, stat, holds: null });
    if (stat.kind !== "link") {
      current = next;
      continue;
    }
    const target = await look.linkTarget(next);
    if (target === null || (links += 1) > mostLinks)
      return { steps, end: null, trouble: "its links go round in a circle" };
    rest = [...target.split("/"), ...rest];
    if (target.startsWith("/")) current = "/";
  }
  return { steps, end: current, trouble: null };
}

/** May anybody get as far as the end of a path: are all directories on the way open to others? */
export function isReachable({ steps }: Walked): boolean {
  return steps.every(({ stat }) => stat.kind !== "directory" || (stat.mode & 0o001) !== 0);
}
