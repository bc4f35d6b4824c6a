import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { sharedHost, story, waitUntil } from "./story.ts";

// Limits with small values, and programs that run into them (programs/greedy.py).

const greedy = (name: string, limits: string): string =>
  `  ${name}: { run: /usr/bin/python3 greedy.py ${name} data, writes: [data], limits: { ${limits} }, restart: { on: never }, ready: { settle: 0s } }\n`;

const spec =
  "app: greedy\nuser: greedy\ndirectory: /opt/greedy\nservices:\n" +
  greedy("memory", "memory: 48M") +
  greedy("time", "cpu: 20%") +
  greedy("tasks", "tasks: 16") +
  greedy("files", "files: 64, nice: 7");

const world = sharedHost({
  name: "greedy",
  setUp: async ({ host, holdfast }) => {
    const program = await readFile(join(import.meta.dirname, "programs/greedy.py"), "utf8");
    await host.write("/opt/greedy/greedy.py", program);
    await host.write("/opt/greedy/holdfast.yaml", spec);
    await holdfast("apply", { directory: "/opt/greedy" }).succeeds();
  },
});

describe("limits", () => {
  story(
    "change on the running service: the kernel has the new ones, the process is the same",
    { covers: "P-56, O-103" },
    async ({ host, holdfast, unit }) => {
      const names = ["memory", "time", "tasks"];
      const pids = async (): Promise<string[]> =>
        Promise.all(names.map((name) => unit(`greedy-${name}.service`).show("MainPID")));
      const before = await pids();
      const changed = spec.replace("48M", "64M").replace("20%", "25%").replace("tasks: 16", "tasks: 32");
      await host.write("/opt/greedy/changed.yaml", changed);

      const plan = await holdfast("--file /opt/greedy/changed.yaml plan --check").fails(3);
      plan.says(/~ greedy-memory\.service +live, without a restart\n +MemoryMax: 48M -> 64M/);
      plan.says(/~ greedy-time\.service +live, without a restart\n +CPUQuota: 20% -> 25%/);
      plan.says(/~ greedy-tasks\.service +live, without a restart\n +TasksMax: 16 -> 32/);
      expect(await kernel("memory", "memory/memory.limit_in_bytes", "memory.max")).toBe("50331648");

      await holdfast("--file /opt/greedy/changed.yaml apply").succeeds();
      expect(await kernel("memory", "memory/memory.limit_in_bytes", "memory.max")).toBe("67108864");
      expect(await kernel("time", "cpu/cpu.cfs_quota_us", "cpu.max")).toMatch(/^25000\b/);
      expect(await kernel("tasks", "pids/pids.max", "pids.max")).toBe("32");
      expect(await unit("greedy-memory.service").show("MemoryMax")).toBe("67108864");
      expect(await pids()).toEqual(before);

      await holdfast("apply", { directory: "/opt/greedy" }).succeeds();
      expect(await kernel("memory", "memory/memory.limit_in_bytes", "memory.max")).toBe("50331648");
      expect(await pids()).toEqual(before);
    },
  );

  story(
    "that a running process cannot take over say that it restarts",
    { covers: "P-56" },
    async ({ host, holdfast, unit }) => {
      const pid = await unit("greedy-files.service").show("MainPID");
      await host.write("/opt/greedy/changed.yaml", spec.replace("files: 64", "files: 128"));
      await holdfast("--file /opt/greedy/changed.yaml plan").says(
        /~ greedy-files\.service +restart, about 1 s down\n +LimitNOFILE: 64 -> 128/,
      );
      await holdfast("--file /opt/greedy/changed.yaml apply").succeeds();
      expect(await unit("greedy-files.service").show("MainPID")).not.toBe(pid);
      expect(await limitOfProcess("files", "Max open files")).toBe("128");
      await holdfast("apply", { directory: "/opt/greedy" }).succeeds();
      expect(await limitOfProcess("files", "Max open files")).toBe("64");
    },
  );

  story(
    "bite: each program gets no more than it may have",
    { covers: "P-20, P-22, P-23, O-03, O-38, O-40, O-48, O-49" },
    async ({ host, run, unit }) => {
      expect(await host.exists("/opt/greedy/data/tasks")).toBe(false);
      await run("touch /opt/greedy/data/go").succeeds();

      await unit("greedy-memory.service").waitFor("failed");
      // The main process is one of the tasks, and one of the files is standard input and so on.
      await waitUntil("no more tasks", () => host.exists("/opt/greedy/data/tasks"));
      expect(await host.read("/opt/greedy/data/tasks")).toBe("Resource temporarily unavailable after 15");
      await waitUntil("no more files", () => host.exists("/opt/greedy/data/files"));
      expect(await host.read("/opt/greedy/data/files")).toMatch(/^Too many open files after (5\d|6[01])$/);
      expect(await kernel("tasks", "pids/pids.events", "pids.events")).toMatch(/^max [1-9]/);
      await waitUntil("the busy loop is held back", async () =>
        /^nr_throttled [1-9]/m.test((await kernel("time", "cpu/cpu.stat", "cpu.stat")) ?? ""),
      );
      const stat = await host.read(`/proc/${await unit("greedy-files.service").show("MainPID")}/stat`);
      // proc(5): the 17th after the name in parentheses.
      expect(/\) (.*)/.exec(stat ?? "")?.[1]?.split(" ")[16]).toBe("7");
      for (const name of ["time", "tasks", "files"])
        await unit(`greedy-${name}.service`).is("active/running");
    },
  );

  story(
    "say what they did: status names the kill, and no more than systemd knows",
    { covers: "P-20, P-62, O-104" },
    async ({ holdfast, host, unit }) => {
      const result = await unit("greedy-memory.service").show("Result");
      const { services } = (await holdfast("status greedy/memory --json").succeeds()).json();
      expect(services[0]).toMatchObject({ active: "failed", result, memoryMax: 50331648 });
      // systemd 252 learns of the kernel's kill from version 2 control groups only.
      if (await host.exists("/sys/fs/cgroup/memory")) {
        expect(result).toBe("signal");
        await holdfast("status greedy/memory").says(
          "it was killed with SIGKILL: by the kernel for lack of memory, by",
        );
      } else {
        expect(result).toBe("oom-kill");
        await holdfast("status greedy/memory").says(
          "it needed more memory than its limit (MemoryMax=48M), and the kernel killed it",
        );
      }
      await holdfast("status --quiet greedy/memory").fails(1);
    },
  );
});

/** What the kernel has for a service, where version 1 or version 2 of the control groups keeps it. */
async function kernel(service: string, v1: string, v2: string): Promise<string | undefined> {
  const group = await world.unit(`greedy-${service}.service`).show("ControlGroup");
  const [controller, file] = v1.split("/");
  const found =
    (await world.host.read(`/sys/fs/cgroup/${controller}${group}/${file}`)) ??
    (await world.host.read(`/sys/fs/cgroup${group}/${v2}`));
  return found?.trim();
}

async function limitOfProcess(service: string, name: string): Promise<string | undefined> {
  const pid = await world.unit(`greedy-${service}.service`).show("MainPID");
  const limits = (await world.host.read(`/proc/${pid}/limits`)) ?? "";
  return limits
    .split("\n")
    .find((line) => line.startsWith(name))
    ?.slice(26)
    .trim()
    .split(/ +/)[0];
}
