import * as fs from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../host/host.ts";
import { textOf } from "../../host/properties.ts";
import type { UnitName } from "../../value/unit-name.ts";
import { processCpu, processMemory } from "./processes.ts";

/** The control group of a unit, by its path in any hierarchy, such as "/demo.slice/demo-bot.service". */
export type UnitGroup = { path: string; version: 1 | 2; root: string };

/** null when the unit has no processes. `root` is where the hierarchies are mounted. */
export async function readGroup(
  host: Host,
  unit: UnitName,
  root = "/sys/fs/cgroup",
): Promise<UnitGroup | null> {
  const path = textOf(await host.systemd.properties(unit, ["ControlGroup"]), "ControlGroup");
  if (path === "") return null;
  const unified = await host.files.read(`${root}/cgroup.controllers`);
  return { path, version: unified === null ? 1 : 2, root };
}

/** Groups below groups, as of a container in a unit; more than so many are not gone into. */
const mostGroups = 1024;

/** All processes of the unit, those of groups that it made itself included. */
export async function processesOf(host: Host, group: UnitGroup): Promise<number[]> {
  const pids: number[] = [];
  // Version 1 has a hierarchy for systemd alone, in which every unit is.
  const waiting = [join(group.root, group.version === 2 ? "" : "systemd", group.path)];
  for (let seen = 0; waiting.length > 0 && seen < mostGroups; seen++) {
    const directory = waiting.pop()!;
    const text = await host.files.read(`${directory}/cgroup.procs`);
    // "0" is a process that cannot be seen from this PID namespace.
    for (const line of (text ?? "").split("\n")) if (Number(line) > 0) pids.push(Number(line));
    const below = await fs.readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of below) if (entry.isDirectory()) waiting.push(join(directory, entry.name));
  }
  return pids;
}

export type Measured = { value: number; of: "group" | "processes" };

/**
 * Bytes that the unit needs: without the page cache, which the kernel takes back before it kills anybody, and which makes
 * every program that reads files look as if it leaked. Version 2 (admin-guide/cgroup-v2, memory.stat): its own pages,
 * shared memory, and what the kernel holds for it and cannot give back. Version 1 (admin-guide/cgroup-v1/memory): rss and
 * shared memory. Where there is no such controller (a user's services under version 1), the same of its processes.
 */
export async function readMemory(host: Host, group: UnitGroup): Promise<Measured> {
  const directory = join(group.root, group.version === 2 ? "" : "memory", group.path);
  const text = await host.files.read(`${directory}/memory.stat`);
  if (text === null)
    return { value: await processMemory(host, await processesOf(host, group)), of: "processes" };
  const stat = new Map(text.split("\n").map((line) => line.split(" ", 2) as [string, string]));
  const names = group.version === 2 ? needed2 : needed1;
  return { value: names.reduce((sum, name) => sum + Number(stat.get(name) ?? 0), 0), of: "group" };
}

const needed2 = "anon shmem kernel_stack pagetables percpu sock slab_unreclaimable".split(" ");
const needed1 = ["total_rss", "total_shmem"];

/** CPU time in milliseconds since the group was made; of its living processes where the kernel does not count by group. */
export async function readCpu(host: Host, group: UnitGroup): Promise<Measured> {
  const { files } = host;
  if (group.version === 2) {
    const text = await files.read(`${group.root}${group.path}/cpu.stat`);
    const usage = /^usage_usec (\d+)$/m.exec(text ?? "");
    if (usage) return { value: Number(usage[1]) / 1000, of: "group" };
  } else {
    const text = await files.read(`${group.root}/cpuacct${group.path}/cpuacct.usage`);
    if (text !== null) return { value: Number(text) / 1e6, of: "group" };
  }
  return { value: await processCpu(host, await processesOf(host, group)), of: "processes" };
}
