import type { Files, Host } from "../../host/host.ts";

/** What the kernel counted for a running service against its limits; null where it does not count. */
export type Use = {
  memory: { peak: number | null; kills: number | null } | null;
  /** `held`: of so many periods in which it wanted to run, how many it was held back in; and for how long in all. */
  cpu: { periods: number; held: number; heldMillis: number } | null;
  /** How often a new process or thread was refused. */
  tasks: { refused: number } | null;
};

/** Reads the control group of a unit, of version 1 or 2 (cgroups(7)); it is gone when the unit has ended. */
export async function readUse({ files }: Host, controlGroup: string): Promise<Use> {
  if (controlGroup === "") return { memory: null, cpu: null, tasks: null };
  const unified = (await files.read("/sys/fs/cgroup/cgroup.controllers")) !== null;
  const at = (controller: string): string =>
    unified ? `/sys/fs/cgroup${controlGroup}` : `/sys/fs/cgroup/${controller}${controlGroup}`;
  const [events, peak, cpu, pids] = await Promise.all([
    readNumbers(files, `${at("memory")}/${unified ? "memory.events" : "memory.oom_control"}`),
    files.read(`${at("memory")}/${unified ? "memory.peak" : "memory.max_usage_in_bytes"}`),
    readNumbers(files, `${at("cpu")}/cpu.stat`),
    readNumbers(files, `${at("pids")}/pids.events`),
  ]);
  const periods = cpu?.get("nr_periods");
  const refused = pids?.get("max");
  return {
    memory: events
      ? { peak: peak === null ? null : Number(peak), kills: events.get("oom_kill") ?? null }
      : null,
    cpu:
      cpu && periods !== undefined
        ? { periods, held: cpu.get("nr_throttled") ?? 0, heldMillis: heldMillis(cpu) }
        : null,
    tasks: refused === undefined ? null : { refused },
  };
}

function heldMillis(cpu: ReadonlyMap<string, number>): number {
  const nanos = cpu.get("throttled_time") ?? (cpu.get("throttled_usec") ?? 0) * 1000;
  return Math.round(nanos / 1e6);
}

/** Lines of "name number". */
async function readNumbers(files: Files, path: string): Promise<Map<string, number> | null> {
  const text = await files.read(path);
  if (text === null) return null;
  const pairs = text
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  return new Map(pairs.map(([name = "", value]) => [name, Number(value)]));
}
