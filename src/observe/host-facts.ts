import type { Host } from "../host/host.ts";
import { allProcesses, readProcesses, readUptime } from "./process-table.ts";

const mostRead = 4096;
const mostShown = 10;

/** How the host does: how long it is up, its load, memory, pressure (PSI, where the kernel tells it), and room on the disk. */
export async function hostFacts(host: Host, directory: string): Promise<unknown> {
  const text = async (path: string): Promise<string | null> =>
    (await host.files.read(path).catch(() => null))?.trim() ?? null;
  const [up, load, memory, cpu, io, memoryPressure] = await Promise.all([
    readUptime(host),
    text("/proc/loadavg"),
    text("/proc/meminfo"),
    text("/proc/pressure/cpu"),
    text("/proc/pressure/io"),
    text("/proc/pressure/memory"),
  ]);
  const wanted = /^(MemTotal|MemFree|MemAvailable|Cached|SwapTotal|SwapFree|Dirty|Writeback|Slab):\s*(.*)$/gm;
  return {
    upSeconds: Math.round(up / 1000),
    load,
    memory: Object.fromEntries([...(memory ?? "").matchAll(wanted)].map(([, name, value]) => [name, value])),
    pressure: { cpu, io, memory: memoryPressure },
    disk: { directory, free: await host.files.free(directory) },
  };
}

/** Who uses most memory on the whole host. */
export async function topProcesses(host: Host): Promise<unknown> {
  const pids = (await allProcesses(host)).slice(0, mostRead);
  const rows = await readProcesses(host, pids, await readUptime(host));
  const list = rows
    .toSorted((a, b) => b.resident - a.resident)
    .slice(0, mostShown)
    .map(({ pid, parent, name, resident, state }) => ({ pid, parent, name, resident, state }));
  return { list, processes: rows.length };
}
