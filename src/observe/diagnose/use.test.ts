import { expect, test } from "vitest";
import type { Host } from "../../host/host.ts";
import { readUse } from "./use.ts";

function hostWith(files: Readonly<Record<string, string>>): Host {
  return { files: { read: async (path: string) => files[path] ?? null } } as unknown as Host;
}

test("control groups of version 1", async () => {
  const host = hostWith({
    "/sys/fs/cgroup/memory/a.slice/a.service/memory.oom_control":
      "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "/sys/fs/cgroup/memory/a.slice/a.service/memory.max_usage_in_bytes": "41943040\n",
    "/sys/fs/cgroup/cpu/a.slice/a.service/cpu.stat":
      "nr_periods 100\nnr_throttled 90\nthrottled_time 4200000000\n",
    "/sys/fs/cgroup/pids/a.slice/a.service/pids.events": "max 3\n",
  });
  expect(await readUse(host, "/a.slice/a.service")).toEqual({
    memory: { peak: 41_943_040, kills: 2 },
    cpu: { periods: 100, held: 90, heldMillis: 4200 },
    tasks: { refused: 3 },
  });
});

test("control groups of version 2", async () => {
  const host = hostWith({
    "/sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
    "/sys/fs/cgroup/a.slice/a.service/memory.events": "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n",
    "/sys/fs/cgroup/a.slice/a.service/memory.peak": "1024\n",
    "/sys/fs/cgroup/a.slice/a.service/cpu.stat":
      "usage_usec 5\nnr_periods 10\nnr_throttled 1\nthrottled_usec 5000\n",
    "/sys/fs/cgroup/a.slice/a.service/pids.events": "max 0\n",
  });
  expect(await readUse(host, "/a.slice/a.service")).toEqual({
    memory: { peak: 1024, kills: 1 },
    cpu: { periods: 10, held: 1, heldMillis: 5 },
    tasks: { refused: 0 },
  });
});

test("what is not counted is not known", async () => {
  const nothing = { memory: null, cpu: null, tasks: null };
  expect(await readUse(hostWith({}), "/a.slice/a.service")).toEqual(nothing);
  expect(await readUse(hostWith({}), "")).toEqual(nothing);
  // Without CPUQuota= the file has no periods.
  const plain = hostWith({
    "/sys/fs/cgroup/cgroup.controllers": "cpu\n",
    "/sys/fs/cgroup/a.service/cpu.stat": "usage_usec 5\n",
  });
  expect(await readUse(plain, "/a.service")).toEqual(nothing);
});
