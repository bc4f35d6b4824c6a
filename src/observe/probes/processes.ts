import type { Host } from "../../host/host.ts";

/** Own and shared memory of processes in bytes, without mapped files (proc(5), /proc/pid/status). */
export async function processMemory(host: Host, pids: readonly number[]): Promise<number> {
  let kibibytes = 0;
  for (const pid of pids) {
    const text = await readOf(host, pid, "status");
    for (const [, amount] of text.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)) kibibytes += Number(amount);
  }
  return kibibytes * 1024;
}

/** CPU time of processes, and of their children that have ended, in milliseconds (proc(5), /proc/pid/stat). */
export async function processCpu(host: Host, pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const text = await readOf(host, pid, "stat");
    // The name, in parentheses, may itself have spaces and parentheses. After it comes field 3; 14 to 17 are the times.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return ticks * tick;
}

/** USER_HZ is 100 on every architecture that systemd runs on (time(7)). */
const tick = 10;

/** "" of a process that has ended meanwhile. */
async function readOf(host: Host, pid: number, name: string): Promise<string> {
  try {
    return (await host.files.read(`/proc/${pid}/${name}`)) ?? "";
  } catch {
    return "";
  }
}
