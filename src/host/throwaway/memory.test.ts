import { expect, test } from "vitest";
import { HoldfastError } from "../../report/diagnostic.ts";
import { availableMemory, planMemory } from "./memory.ts";

const M = 1024 * 1024;
const failure = (plan: () => unknown): HoldfastError => {
  try {
    plan();
  } catch (error) {
    return error as HoldfastError;
  }
  throw new Error("it did not fail");
};

test("a machine with plenty gives 2G for files, and keeps a tenth for itself", () => {
  expect(planMemory(20_480 * M, null)).toEqual({ files: 2048 * M, all: 18_432 * M, warning: null });
});

test("with 512M the copy is bounded to what is there, and that is said", () => {
  const plan = planMemory(512 * M, null);
  expect(plan).toMatchObject({ files: 224 * M, all: 448 * M });
  expect(plan.warning).toContain("512M of memory is available: the copy may use 448M, 224M of it for files");
});

test("with less than it takes to boot it is refused, with both numbers", () => {
  expect(failure(() => planMemory(300 * M, null)).diagnostics).toMatchObject([
    {
      code: "throwaway/no-memory",
      summary: "Cannot boot a throwaway host: 300M of memory is available, and 448M is needed",
    },
  ]);
});

test("a size that was asked for is given, or refused with the largest there is", () => {
  expect(planMemory(8192 * M, 4096 * M).files).toBe(4096 * M);
  const [diagnostic] = failure(() => planMemory(8192 * M, 200 * 1024 * M)).diagnostics;
  expect(diagnostic?.summary).toContain("200G for them is more than the");
  expect(diagnostic?.fix).toContain("--size 7180M at most");
});

test("what is available is the least that the machine and the control groups above have left", () => {
  const version2: Record<string, string> = {
    "/proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable:    4194304 kB\n",
    "/proc/self/cgroup": "0::/ci/job\n",
    "/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    "/sys/fs/cgroup/ci/memory.max": `${1024 * M}\n`,
    "/sys/fs/cgroup/ci/memory.current": `${600 * M}\n`,
    "/sys/fs/cgroup/ci/memory.stat": `anon 5\ninactive_file ${100 * M}\n`,
    "/sys/fs/cgroup/ci/job/memory.max": "max\n",
    "/sys/fs/cgroup/ci/job/memory.current": `${600 * M}\n`,
  };
  const from = (files: Record<string, string>) => availableMemory((path) => files[path] ?? null);
  expect(from(version2)).toBe(524 * M);
  expect(from({ ...version2, "/sys/fs/cgroup/ci/memory.max": "max\n" })).toBe(4096 * M);
  const version1 = {
    ...version2,
    "/proc/self/cgroup": "4:memory:/box\n0::/\n",
    "/proc/self/mounts":
      "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "5\n",
    "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": `${700 * M}\n`,
    "/sys/fs/cgroup/memory/box/memory.usage_in_bytes": `${300 * M}\n`,
    "/sys/fs/cgroup/memory/box/memory.stat": `total_inactive_file ${20 * M}\n`,
  };
  expect(from(version1)).toBe(420 * M);
});
