import type { Properties } from "../../host/host.ts";
import { limitOf } from "../../host/properties.ts";
import { describeDuration } from "../../value/duration.ts";
import { describeSize } from "../../value/size.ts";
import type { End, LimitUse } from "./diagnosis.ts";
import type { Use } from "./use.ts";

/** Held back in more than one period of ten, and often enough to be no accident. */
const noticeable = { share: 0.1, periods: 5 };

/** What is used of each limit, and which of them stood in the way. */
export function limitsOf(properties: Properties, use: Use, ends: readonly End[]): LimitUse[] {
  return [memoryUse(properties, use, ends), cpuUse(properties, use), tasksUse(properties, use)];
}

function memoryUse(properties: Properties, { memory }: Use, ends: readonly End[]): LimitUse {
  const limit = limitOf(properties, "MemoryMax");
  const current = limitOf(properties, "MemoryCurrent");
  const killed = ends.filter((end) => end.reason === "oom").length;
  const untold = ends.filter((end) => end.reason === "killed").length;
  const within = memory?.kills ?? 0;
  const words = [
    current === null ? "not running" : `${describeSize(current)} in use`,
    limit === null ? "no limit" : `limit ${describeSize(limit)}`,
    memory?.peak == null ? null : `at most ${describeSize(memory.peak)} in this run`,
    killed > 0 ? `ended ${times(killed)} by the kernel for lack of memory` : null,
    within > 0 ? `${within} of its processes were killed in this run` : null,
    untold > 0 ? `${times(untold)} killed by somebody who could not be told` : null,
  ];
  return {
    name: "memory",
    directive: "MemoryMax",
    limit: limit === null ? null : describeSize(limit),
    hit: killed > 0 || within > 0,
    words: joined(words),
    fix: limit === null ? null : `raise limits.memory above ${describeSize(limit)}, or look for a leak`,
  };
}

function cpuUse(properties: Properties, { cpu }: Use): LimitUse {
  const quota = limitOf(properties, "CPUQuotaPerSecUSec");
  const percent = quota === null ? null : `${quota / 10_000}%`;
  const share = cpu && cpu.periods > 0 ? cpu.held / cpu.periods : 0;
  const hit = percent !== null && cpu !== null && cpu.held >= noticeable.periods && share >= noticeable.share;
  const words = [
    percent === null ? "no limit" : `at most ${percent} of one core`,
    percent === null || cpu === null || cpu.held === 0
      ? null
      : `held back in ${Math.round(share * 100)} % of the time it wanted to run (CPUQuota=${percent}), ${describeDuration(cpu.heldMillis)} in this run`,
  ];
  return {
    name: "cpu",
    directive: "CPUQuota",
    limit: percent,
    hit,
    words: joined(words),
    fix: percent === null ? null : `raise limits.cpu above ${percent} (CPUQuota=), or let it do less`,
  };
}

function tasksUse(properties: Properties, { tasks }: Use): LimitUse {
  const limit = limitOf(properties, "TasksMax");
  const current = limitOf(properties, "TasksCurrent");
  const refused = tasks?.refused ?? 0;
  const words = [
    current === null ? "not running" : `${current} in use`,
    limit === null ? "no limit" : `limit ${limit}`,
    refused > 0 ? `refused a new process or thread ${times(refused)} in this run` : null,
  ];
  return {
    name: "tasks",
    directive: "TasksMax",
    limit: limit === null ? null : String(limit),
    hit: refused > 0,
    words: joined(words),
    fix: limit === null ? null : `raise limits.tasks above ${limit}, or look for threads that never end`,
  };
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function joined(words: readonly (string | null)[]): string {
  return words.filter((word) => word !== null).join(", ");
}
