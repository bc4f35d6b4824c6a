import type { Host } from "../host/host.ts";

/** One process as the kernel tells of it (proc(5)). */
export type ProcessRow = {
  pid: number;
  parent: number;
  /** One letter: R, S, D (waits in the kernel, cannot be killed), T (stopped), Z. */
  state: string;
  name: string;
  threads: number;
  /** Milliseconds since it was started. */
  age: number;
  /** Bytes of memory that are its own or shared. */
  resident: number;
};

/** _SC_CLK_TCK, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;
const residentField = 24;

/** Reads /proc/PID/stat of each; a process that has ended meanwhile is left out. `upMillis` is how long the host is up. */
export async function readProcesses(
  host: Host,
  pids: readonly number[],
  upMillis: number,
): Promise<ProcessRow[]> {
  const pageSize = await readPageSize(host);
  const rows = await Promise.all(
    pids.map(async (pid) => {
      const text = await host.files.read(`/proc/${pid}/stat`).catch(() => null);
      return text === null ? null : parseStat(text, upMillis, pageSize);
    }),
  );
  return rows.filter((row) => row !== null);
}

/** 4, 16 or 64 KiB, which Node does not tell: what it says of itself in bytes and the kernel in pages. */
async function readPageSize(host: Host): Promise<number> {
  const fields = /\) (.*)$/s.exec((await host.files.read("/proc/self/stat")) ?? "")?.[1]?.split(" ");
  const pages = Number(fields?.[residentField - 3] ?? 0);
  return pages > 0 ? 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages)) : 4096;
}

/** The name is in brackets and may hold anything, brackets too; all other fields are numbers and one letter. */
export function parseStat(text: string, upMillis: number, pageSize: number): ProcessRow | null {
  const [, pid, name, rest] = /^(\d+) \((.*)\) (.*)$/s.exec(text.trimEnd()) ?? [];
  if (pid === undefined || name === undefined || rest === undefined) return null;
  const fields = rest.split(" ");
  // Fields are counted from 3 on here, as the manual counts them.
  const number = (field: number): number => Number(fields[field - 3] ?? 0);
  return {
    pid: Number(pid),
    parent: number(4),
    state: fields[0] ?? "?",
    name,
    threads: number(20),
    age: Math.max(0, Math.round(upMillis - (number(22) * 1000) / ticksPerSecond)),
    resident: number(residentField) * pageSize,
  };
}

/** How long the host is up, in milliseconds. */
export async function readUptime(host: Host): Promise<number> {
  return Number(((await host.files.read("/proc/uptime")) ?? "0").split(" ")[0]) * 1000;
}

/** Ids of all processes of the host. */
export async function allProcesses(host: Host): Promise<number[]> {
  return (await host.files.list("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}
