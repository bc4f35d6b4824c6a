import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HoldfastError } from "../../report/diagnostic.ts";
import { describeSize } from "../../value/size.ts";

/** What a host may take of this machine, in bytes. */
export type MemoryPlan = {
  /** What may be written there: its files are in memory. */
  files: number;
  /** Files and programs together: past it the kernel ends a program there, and none of this machine. */
  all: number;
  /** Set when this is so little that what happens there may be the fault of it. */
  warning: string | null;
};

const mebibyte = 1024 * 1024;
/** A systemd, a holdfast inside with its agent, and something to break. */
const least = 384 * mebibyte;
const usualFiles = 2048 * mebibyte;
const comfortable = 1024 * mebibyte;

/**
 * Leaves a tenth of what is available, and 64M at least, to the machine; half of the rest may be files, 2G at most when nobody asked for
 * more. Throws when that is too little to boot, or less than what was asked for.
 */
export function planMemory(available: number, asked: number | null): MemoryPlan {
  const all = Math.floor(available - Math.max(available / 10, 64 * mebibyte));
  if (all < least)
    throw notEnough(
      `${describeSize(available)} of memory is available, and ${describeSize(least + 64 * mebibyte)} is needed`,
      "free some memory, or take a machine with more",
    );
  const most = all - least / 2;
  if (asked !== null && asked > most)
    throw notEnough(
      `its files are in memory, and ${describeSize(asked)} for them is more than the ${describeSize(most)} that can be had here`,
      `--size ${Math.floor(most / mebibyte)}M at most, or leave large directories out: --empty DIRECTORY`,
    );
  const files = asked ?? Math.min(usualFiles, Math.floor(all / 2));
  const warning =
    all < comfortable
      ? `${describeSize(available)} of memory is available: the copy may use ${describeSize(all)}, ${describeSize(files)} of it for files, and a program that wants more is ended there`
      : null;
  return { files, all, warning };
}

function notEnough(what: string, fix: string): HoldfastError {
  return new HoldfastError({
    severity: "error",
    code: "throwaway/no-memory",
    summary: `Cannot boot a throwaway host: ${what}`,
    fix,
  });
}

/** What this process could still take: of the machine (proc_meminfo(5)), and of each control group above it. */
export function availableMemory(read: (path: string) => string | null = readOrNull): number {
  const kibibytes = /^MemAvailable:\s+(\d+)/m.exec(read("/proc/meminfo") ?? "")?.[1];
  const machine = kibibytes === undefined ? Infinity : Number(kibibytes) * 1024;
  return Math.min(machine, ...groupsOfMemory(read).map((group) => leftIn(group, read)));
}

/** The memory control groups that this process is in, up to the one that is mounted. */
function groupsOfMemory(read: (path: string) => string | null): string[] {
  const own = (read("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  const mounts = (read("/proc/self/mounts") ?? "").split("\n").map((line) => line.split(" "));
  return mounts.flatMap(([, mount = "", type = "", options = ""]) => {
    const isMemory = type === "cgroup2" || (type === "cgroup" && options.split(",").includes("memory"));
    const path = own.find(([, names = ""]) =>
      type === "cgroup2" ? names === "" : names.split(",").includes("memory"),
    );
    if (!isMemory || !path) return [];
    const parts = path.slice(2).join(":").split("/").filter(Boolean);
    return parts.reduce((groups, part) => [...groups, join(groups.at(-1)!, part)], [mount]);
  });
}

/** The limit of a group less what is used and could not be given back; see the kernel's cgroup-v1/memory and cgroup-v2. */
function leftIn(group: string, read: (path: string) => string | null): number {
  const number = (name: string): number => Number((read(join(group, name)) ?? "").trim() || Number.NaN);
  const limit = first(number("memory.max"), number("memory.limit_in_bytes"));
  const used = first(number("memory.current"), number("memory.usage_in_bytes"));
  // "max", none at all, and the version 1 way of saying none.
  if (Number.isNaN(limit) || Number.isNaN(used) || limit > 2 ** 60) return Infinity;
  const cache = /^(?:total_)?inactive_file (\d+)$/m.exec(read(join(group, "memory.stat")) ?? "")?.[1] ?? 0;
  return Math.max(0, limit - used + Number(cache));
}

function first(one: number, other: number): number {
  return Number.isNaN(one) ? other : one;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
