import { join } from "node:path";
import type { Files } from "./host.ts";

/** Where systemd keeps its tree: unified, beside the old hierarchies, or in one of its own (cgroups(7), systemd's hybrid layout). */
const roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
/** Files of the kernel, so that only what may be a directory is asked about. */
const isFile =
  /^((cgroup|memory|cpu|cpuset|cpuacct|io|blkio|pids|hugetlb|rdma|misc|irq)\..*|tasks|notify_on_release|release_agent)$/;

/**
 * Process ids in a control group and in those below it, by the `ControlGroup` property of its unit. Empty when the group
 * is gone, and for "" and "/", which are no group of a unit's own.
 */
export async function processesIn(files: Files, controlGroup: string): Promise<number[]> {
  if (controlGroup === "" || controlGroup === "/") return [];
  for (const root of roots) {
    const directory = join(root, controlGroup);
    if ((await files.read(join(directory, "cgroup.procs")).catch(() => null)) !== null)
      return readTree(files, directory);
  }
  return [];
}

async function readTree(files: Files, directory: string): Promise<number[]> {
  const own = ((await files.read(join(directory, "cgroup.procs")).catch(() => null)) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
  const names = (await files.list(directory).catch(() => [])).filter((name) => !isFile.test(name));
  const below = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return (await files.stat(path).catch(() => null))?.kind === "directory" ? readTree(files, path) : [];
    }),
  );
  // 0 stands for a process of another PID namespace, which nobody here can name.
  return [...own, ...below.flat()].filter((pid) => pid > 0);
}
