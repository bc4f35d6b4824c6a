import type { Host } from "../host/host.ts";

/** Which limits of a unit the kernel can keep, by the controllers that are there (cgroups(7)). */
export type UnitCgroup = { version: 1 | 2; canEnforce(directive: string): boolean };

const controllers: Readonly<Record<string, string>> = {
  MemoryMax: "memory",
  MemoryHigh: "memory",
  MemorySwapMax: "memory",
  CPUQuota: "cpu",
  CPUWeight: "cpu",
  TasksMax: "pids",
  IOWeight: "io",
};
/** These exist in the unified hierarchy only. */
const unifiedOnly = new Set(["MemoryHigh", "MemorySwapMax"]);

export async function readUnitCgroup(host: Host, controlGroup: string): Promise<UnitCgroup> {
  const unified = await host.files.read("/sys/fs/cgroup/cgroup.controllers");
  if (unified !== null) {
    const own = (await host.files.read(`/sys/fs/cgroup${controlGroup}/cgroup.controllers`)) ?? unified;
    const present = new Set(own.trim().split(/\s+/));
    return {
      version: 2,
      canEnforce: (directive) => controllers[directive] === undefined || present.has(controllers[directive]),
    };
  }
  const present = new Set(await host.files.list("/sys/fs/cgroup"));
  const named = (directive: string) => (controllers[directive] === "io" ? "blkio" : controllers[directive]);
  return {
    version: 1,
    canEnforce: (directive) =>
      controllers[directive] === undefined ||
      // A user's own systemd is given no controller of version 1.
      (host.scope === "system" && !unifiedOnly.has(directive) && present.has(named(directive)!)),
  };
}
