import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { placesDirectory } from "../../src/host/throwaway/place.ts";

/** All that can be seen of a throwaway host from the machine, by its name. */
export type Traces = { cgroups: string[]; processes: number[]; mounts: string[]; directories: string[] };

export const noTraces: Traces = { cgroups: [], processes: [], mounts: [], directories: [] };

/** `pidNamespace` also finds processes that left the control groups. */
export function tracesOf(name: string, pidNamespace?: string): Traces {
  return {
    cgroups: cgroupsBelow("/sys/fs/cgroup", 3).filter((path) => path.includes(`holdfast-throwaway-${name}-`)),
    processes: allProcesses().filter((pid) => belongs(pid, name, pidNamespace)),
    mounts: read("/proc/self/mounts")
      .split("\n")
      .filter((line) => line.includes(`/${name}-`)),
    directories: list(placesDirectory).filter((id) => id.startsWith(`${name}-`)),
  };
}

export function pidNamespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/pid`);
}

function belongs(pid: number, name: string, pidNamespace: string | undefined): boolean {
  try {
    // Dead, and waiting for the machine's init to take notice.
    if (/\) [ZX] /.test(read(`/proc/${pid}/stat`))) return false;
    if (read(`/proc/${pid}/cgroup`).includes(`holdfast-throwaway-${name}-`)) return true;
    return pidNamespaceOf(pid) === pidNamespace;
  } catch {
    return false;
  }
}

function allProcesses(): number[] {
  return list("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

function cgroupsBelow(directory: string, depth: number): string[] {
  if (depth === 0) return [];
  try {
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const paths = children.map((entry) => join(directory, entry.name));
    return [...paths, ...paths.flatMap((path) => cgroupsBelow(path, depth - 1))];
  } catch {
    return [];
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
