import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { NamespaceHost } from "../src/host/throwaway/throwaway.ts";

/** In KiB, as in smaps_rollup (proc_pid_smaps(5)). */
export type Memory = { rss: number; pss: number; anonymous: number };

/** A process of the host and all below it. */
export async function descendants(host: NamespaceHost, pid: number): Promise<number[]> {
  const threads = await readdir(join(host.root, `proc/${pid}/task`)).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => host.read(`/proc/${pid}/task/${thread}/children`)));
  const children = lists.flatMap((list) => (list ?? "").split(" ").filter(Boolean).map(Number));
  const below = await Promise.all(children.map((child) => descendants(host, child)));
  return [pid, ...below.flat()];
}

export async function memoryOf(host: NamespaceHost, pid: number): Promise<Memory> {
  const rollup = (await host.read(`/proc/${pid}/smaps_rollup`)) ?? "";
  const read = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? 0);
  return { rss: read("Rss"), pss: read("Pss"), anonymous: read("Anonymous") };
}

/** User and system time in milliseconds, by the scheduler: to the microsecond, where /proc/PID/stat has steps of 10 ms. */
export async function cpuOf(host: NamespaceHost, pid: number): Promise<number> {
  const threads = await readdir(join(host.root, `proc/${pid}/task`)).catch(() => []);
  const times = await Promise.all(
    threads.map(async (thread) =>
      Number(((await host.read(`/proc/${pid}/task/${thread}/schedstat`)) ?? "0").split(" ")[0]),
    ),
  );
  return times.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6;
}
