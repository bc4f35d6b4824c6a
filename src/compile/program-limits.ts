import { formatSize } from "../value/size.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
import type { Target } from "./target.ts";
import type { UnitBuilder } from "./unit-builder.ts";

/** Those that control groups keep; a user's own systemd is given none of version 1 (user@.service(5)). */
const controlledLimits = [
  "memory",
  "memory-high",
  "swap",
  "cpu",
  "cpu-weight",
  "io-weight",
  "tasks",
] as const;

/** What the program may use, and what of it this host cannot keep. */
export function addLimits(unit: UnitBuilder, service: ProgramKeys, target: Target, path: PathOf): void {
  const limits = service.limits ?? {};
  const put = (key: keyof typeof limits, directive: string, value: string | undefined) => {
    if (value !== undefined) unit.add("Service", directive, value, path("limits", key));
  };
  put("memory", "MemoryMax", limits.memory === undefined ? undefined : formatSize(limits.memory));
  put(
    "memory-high",
    "MemoryHigh",
    limits["memory-high"] === undefined ? undefined : formatSize(limits["memory-high"]),
  );
  put("swap", "MemorySwapMax", limits.swap === undefined ? undefined : formatSize(limits.swap));
  put("cpu", "CPUQuota", limits.cpu === undefined ? undefined : `${limits.cpu}%`);
  put("cpu-weight", "CPUWeight", limits["cpu-weight"]?.toString());
  put("io-weight", "IOWeight", limits["io-weight"]?.toString());
  put("tasks", "TasksMax", limits.tasks?.toString());
  put("files", "LimitNOFILE", limits.files?.toString());
  const controlled = controlledLimits.filter((key) => limits[key] !== undefined);
  if (target.scope === "user" && target.cgroup === "v1" && controlled.length > 0) {
    unit.lose(
      `limits ${controlled.join(", ")} have no effect in user scope: that needs cgroup v2, and this host runs v1`,
      path("limits"),
    );
  } else if (
    !target.memoryController &&
    (limits.memory !== undefined || limits["memory-high"] !== undefined)
  ) {
    unit.lose(
      "memory limits have no effect: this host's kernel has no memory controller (on a Raspberry Pi add cgroup_enable=memory to the kernel command line)",
      path("limits"),
    );
  } else if (target.cgroup === "v1" && limits["memory-high"] !== undefined) {
    unit.lose(
      "memory-high has no effect: it needs cgroup v2, and this host runs v1",
      path("limits", "memory-high"),
    );
  }
}
