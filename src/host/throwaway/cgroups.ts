import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { HoldfastError } from "../../report/diagnostic.ts";
import { until } from "./until.ts";

/** How the control groups of this machine are mounted, and how a host is given its part of them. */
export type CgroupLayout =
  /** Version 1, with or without a tree of version 2 beside it; `inside` is what the systemd of the host can work with. */
  | { kind: "legacy"; hierarchies: readonly Hierarchy[]; inside: "hybrid" | "unified" }
  /** Pure version 2; `scope` says that the running systemd must delegate a part, because it owns the tree. */
  | { kind: "unified"; mount: string; scope: boolean };

type Hierarchy = {
  mount: string;
  type: "cgroup" | "cgroup2";
  options: string;
  controllers: readonly string[];
};

/** Version 1 controllers that systemd 252 mounts inside by itself when they are not there. */
const wanted = new Set([
  "cpu",
  "cpuacct",
  "cpuset",
  "memory",
  "pids",
  "blkio",
  "freezer",
  "devices",
  "name=systemd",
]);

/** systemd 256 and later refuse version 1, so they get the bare version 2 tree, in which limits have no effect. */
export function readCgroupLayout(
  systemdVersion: number,
  mounts = readFileSync("/proc/self/mounts", "utf8"),
): CgroupLayout {
  const lines = mounts.split("\n").map((line) => line.split(" "));
  const pure = lines.find(([, point, type]) => point === "/sys/fs/cgroup" && type === "cgroup2");
  if (pure) return { kind: "unified", mount: "/sys/fs/cgroup", scope: existsSync("/run/systemd/system") };
  const hierarchies: Hierarchy[] = [];
  for (const [, mount = "", type, flags = ""] of lines) {
    if (type === "cgroup2") hierarchies.push({ mount, type, options: "", controllers: [] });
    if (type !== "cgroup") continue;
    const controllers = flags.split(",").filter((flag) => wanted.has(flag));
    if (controllers.length > 0)
      hierarchies.push({ mount, type, options: controllers.join(","), controllers });
  }
  const inside = systemdVersion >= 256 ? "unified" : "hybrid";
  const enough =
    inside === "hybrid" ? hierarchies.length > 0 : hierarchies.some(({ type }) => type === "cgroup2");
  if (enough) return { kind: "legacy", hierarchies, inside };
  throw new HoldfastError({
    severity: "error",
    code: "throwaway/no-cgroups",
    summary: `Cannot boot a throwaway host: no control groups for systemd ${systemdVersion} are mounted on this machine`,
    fix: "mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified",
  });
}

/** Whether memory, processor and task limits take effect inside. */
export function limitsWork(layout: CgroupLayout): boolean {
  return layout.kind === "unified" || layout.inside === "hybrid";
}

/** The groups to make for a host; none yet when systemd will delegate one. */
export function planCgroups(layout: CgroupLayout, id: string): string[] {
  if (layout.kind === "legacy")
    return layout.hierarchies.map(({ mount }) => join(mount, `holdfast-throwaway-${id}`));
  return layout.scope ? [] : [join(layout.mount, `holdfast-throwaway-${id}`)];
}

/** What all processes of a host may use together: when it is too much, the kernel ends one of them, and none of this machine. */
export type Bounds = { memory: number; tasks: number };

/** Makes the groups, and within each one for the holder and one that the host sees as its root. */
export function makeCgroups(
  layout: CgroupLayout,
  groups: readonly string[],
  holder: number,
  bounds: Bounds | null,
): void {
  for (const group of groups) {
    makeGroup(group);
    // Before the first child: the kernel refuses the change afterwards.
    if (existsSync(join(group, "devices.deny"))) allowOnlyHarmlessDevices(group);
    if (existsSync(join(group, "cgroup.clone_children"))) fillCpuset(group);
    for (const part of ["holder", "host"]) mkdirSync(join(group, part), { recursive: true });
    for (const pid of [holder, ...processesOf(group)])
      writeFileSync(join(group, "holder", "cgroup.procs"), String(pid));
    if (layout.kind === "unified") delegateControllers(layout.mount, group);
    if (bounds) limit(group, bounds);
  }
}

function makeGroup(group: string): void {
  try {
    mkdirSync(group, { recursive: true });
  } catch (error) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "throwaway/no-cgroups",
        summary: `Cannot boot a throwaway host: no control group can be made at ${group}`,
        detail: (error as Error).message,
        fix: "see: findmnt --types cgroup,cgroup2; a container needs them writable (--privileged --cgroupns=private)",
      },
      1,
      { cause: error },
    );
  }
}

/** Above the root that the host sees: nobody inside can lift it. */
function limit(group: string, { memory, tasks }: Bounds): void {
  const files = { "memory.max": memory, "memory.limit_in_bytes": memory, "pids.max": tasks };
  for (const [name, value] of Object.entries(files))
    if (existsSync(join(group, name))) writeFileSync(join(group, name), String(value));
}

/** Plenty for an application, and never all that this machine can start. */
export function boundTasks(machine = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"))): number {
  return Math.min(16_384, Math.floor(machine / 2));
}

/** What the scripts need to mount the same layout inside. */
export function cgroupEnvironment(layout: CgroupLayout): Record<string, string> {
  if (layout.kind === "unified" || layout.inside === "unified") {
    return { CGROUP_ROOT: "unified", CGROUP_MOUNTS: ". cgroup2", CGROUP_LINKS: "" };
  }
  const links = layout.hierarchies.flatMap(({ mount, controllers }) =>
    controllers.length > 1 ? controllers.map((controller) => `${controller}:${basename(mount)}`) : [],
  );
  return {
    CGROUP_ROOT: "legacy",
    CGROUP_MOUNTS: layout.hierarchies
      .map(
        ({ mount, type, options }) =>
          `${basename(mount)} ${type} ${options.replace("name=systemd", "none,name=systemd")}`,
      )
      .join("\n"),
    CGROUP_LINKS: links.join(" "),
  };
}

/** Version 2 wants processes in leaves only, so the holder has moved aside before controllers are passed on. */
function delegateControllers(mount: string, group: string): void {
  // Below a scope the running systemd has done the first step.
  if (dirname(group) === mount) passControllersOn(mount);
  if (passControllersOn(group)) return;
  throw new HoldfastError({
    severity: "error",
    code: "throwaway/no-controllers",
    summary: `Cannot boot a throwaway host: ${mount} passes no controllers on to new groups`,
    detail: "limits on memory, processor and tasks would not work inside",
    fix: "run it on a machine whose init is systemd, or outside a container",
  });
}

function passControllersOn(group: string): boolean {
  const available = readFileSync(join(group, "cgroup.controllers"), "utf8").trim().split(" ");
  const usable = available.filter((name) => ["cpu", "memory", "pids", "io", "cpuset"].includes(name));
  if (usable.length === 0) return false;
  try {
    writeFileSync(join(group, "cgroup.subtree_control"), usable.map((name) => `+${name}`).join(" "));
    return true;
  } catch (error) {
    // EBUSY: the group holds processes of somebody else.
    if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
    throw error;
  }
}

/** A new group of this version 1 controller takes no process until it has processors and memory nodes. */
function fillCpuset(group: string): void {
  if (!existsSync(join(group, "cpuset.cpus"))) return;
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    writeFileSync(join(group, name), readFileSync(join(group, "..", name), "utf8"));
  }
  writeFileSync(join(group, "cgroup.clone_children"), "1");
}

/** Null, zero, full, random, urandom, tty, ptmx and pseudo-terminals; no disk of this machine. */
function allowOnlyHarmlessDevices(group: string): void {
  writeFileSync(join(group, "devices.deny"), "a");
  for (const device of ["1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:2", "136:*"]) {
    writeFileSync(join(group, "devices.allow"), `c ${device} rwm`);
  }
}

/** Every process in these groups and below, as this machine numbers them. */
export function processesIn(groups: readonly string[]): number[] {
  return [...new Set(groups.flatMap(withDescendants).flatMap(processesOf))];
}

/** A group may vanish while it is read; zero stands for a process outside this PID namespace. */
function processesOf(group: string): number[] {
  try {
    const lines = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n");
    return lines.map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** Removes the groups from the leaves up; the kernel may need a moment after the last process is gone. */
export async function removeCgroups(groups: readonly string[], timeout = 5000): Promise<string[]> {
  await until(() => groups.flatMap(withDescendants).filter((group) => !removed(group)).length === 0, timeout);
  return groups.filter((group) => existsSync(group));
}

function withDescendants(group: string): string[] {
  try {
    const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...children.flatMap((entry) => withDescendants(join(group, entry.name))), group];
  } catch {
    return [];
  }
}

function removed(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
