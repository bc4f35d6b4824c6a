import type { Host } from "../host/host.ts";

const mostOfOne = 4096;

/**
 * Command lines of processes as the kernel has them, with NUL between the words; they may hold secrets. Read by a program of
 * its own: of a process that hangs in the kernel this file can hang, too, and would take one of our few threads with it.
 */
export async function readCommandLines(host: Host, pids: readonly number[]): Promise<Map<number, string>> {
  if (pids.length === 0) return new Map();
  const paths = pids.map((pid) => `/proc/${pid}/cmdline`);
  const { stdout } = await host.run(["/usr/bin/head", "-c", String(mostOfOne), "-v", ...paths], {
    timeout: 700,
  });
  const found = [...stdout.matchAll(/^==> \/proc\/(\d+)\/cmdline <==\n([^\n]*)/gm)];
  return new Map(found.map(([, pid, words = ""]) => [Number(pid), words]));
}
