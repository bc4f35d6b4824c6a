import { join } from "node:path";
import type { Host, Properties } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";

const unitProperties = [
  "ActiveState",
  "SubState",
  "Result",
  "MainPID",
  "InvocationID",
  "NRestarts",
  "StatusText",
  "ActiveEnterTimestamp",
  "WatchdogTimestamp",
  "WatchdogUSec",
  "ExecMainStartTimestamp",
  "ExecMainCode",
  "ExecMainStatus",
  "TasksCurrent",
  "TasksMax",
  "MemoryCurrent",
  "MemoryMax",
  "CPUUsageNSec",
  "TimeoutStopUSec",
  "FragmentPath",
  "DropInPaths",
  "NeedDaemonReload",
] as const;

/** What systemd says of a unit. */
export function unitFacts(host: Host, unit: UnitName): Promise<Properties> {
  return host.systemd.properties(unit, unitProperties);
}

const groupFiles = [
  "cgroup.events",
  "cgroup.freeze",
  "cpu.stat",
  "cpu.pressure",
  "io.pressure",
  "memory.current",
  "memory.events",
  "memory.max",
  "memory.peak",
  "memory.pressure",
  "memory.stat",
  "pids.current",
] as const;

/** As the unified hierarchy tells it; in the old one only what systemd's own properties tell is kept. */
export async function groupFacts(host: Host, controlGroup: string): Promise<unknown> {
  if (controlGroup === "") return null;
  const facts = await Promise.all(
    groupFiles.map(async (name) => {
      const text = await host.files.read(join("/sys/fs/cgroup", controlGroup, name)).catch(() => null);
      return text === null ? [] : [[name, text.trim().slice(0, 4096)] as const];
    }),
  );
  return { path: controlGroup, ...Object.fromEntries(facts.flat()) };
}
