import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { holdDatabase } from "../../store/hold-database.ts";
import type { LoadKind, LoadSays } from "./protocol.ts";

/** holdfast rehearse-load: weighs on a service from within its own control groups. Never outside of a throwaway host. */
export async function runLoad(kind: LoadKind, of: number, amount: number, path: string): Promise<void> {
  if (of > 0) joinGroupsOf(of);
  const says = await loads[kind](amount, path);
  process.stdout.write(`${JSON.stringify(says)}\n`);
  // Held until it is ended from outside, or until the kernel does it.
  setInterval(() => {}, 60_000);
}

/** Databases that are locked: what nobody refers to would be collected, and its lock with it. */
const held = new Set<unknown>();

const loads: Readonly<Record<LoadKind, (amount: number, path: string) => Promise<LoadSays>>> = {
  memory: async (amount) => {
    const held: Buffer[] = [];
    const step = 8 * 1024 * 1024;
    for (let bytes = 0; bytes < amount; bytes += step) held.push(Buffer.alloc(step, 1));
    return { reached: held.length * step, refused: null };
  },
  "memory-until-slowed": async (amount) => {
    const held: Buffer[] = [];
    const step = 4 * 1024 * 1024;
    const before = timesSlowed();
    while (held.length * step < amount && timesSlowed() === before) held.push(Buffer.alloc(step, 1));
    return { reached: held.length * step, refused: null };
  },
  tasks: async (amount) => {
    for (let count = 0; count < amount; count += 1) {
      const child = spawn("/bin/sleep", ["600"], { stdio: "ignore" });
      const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
        child.once("error", resolve).once("spawn", () => resolve(null));
      });
      if (error) return { reached: count, refused: error.code ?? error.message };
    }
    return { reached: amount, refused: null };
  },
  cpu: async (amount) => {
    for (let count = 0; count < amount; count += 1)
      spawn(process.execPath, ["-e", "for(;;);"], { stdio: "ignore" });
    return { reached: amount, refused: null };
  },
  log: async (amount) => {
    const line = `${"flood ".repeat(40)}\n`;
    const child = spawn("systemd-cat", ["--identifier=rehearsal-flood"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    for (let bytes = 0; bytes < amount; bytes += line.length)
      if (!child.stdin.write(line)) await new Promise((resolve) => child.stdin.once("drain", resolve));
    return { reached: amount, refused: null };
  },
  disk: async (amount, path) => {
    const file = openSync(path, "w");
    const block = Buffer.alloc(1024 * 1024, 1);
    let bytes = 0;
    try {
      while (bytes < amount) bytes += writeSync(file, block);
      return { reached: bytes, refused: null };
    } catch (error) {
      return { reached: bytes, refused: (error as NodeJS.ErrnoException).code ?? "EIO" };
    } finally {
      closeSync(file);
    }
  },
  port: (amount) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once("error", (error: NodeJS.ErrnoException) =>
        resolve({ reached: 0, refused: error.code ?? error.message }),
      );
      server.listen(amount, () => resolve({ reached: amount, refused: null }));
    }),
  "sqlite-lock": async (_amount, path) => {
    try {
      held.add(holdDatabase(path));
      return { reached: 1, refused: null };
    } catch (error) {
      return { reached: 0, refused: (error as Error).message };
    }
  },
  deaf: async () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
    return { reached: 1, refused: null };
  },
};

/** How often the kernel has made this control group give memory back; see the kernel's cgroup-v2, memory.events. */
function timesSlowed(): number {
  const events = groupsOf(process.pid).map((group) => join(group, "memory.events"));
  const text = events.filter((path) => existsSync(path)).map((path) => readFileSync(path, "utf8"));
  return Number(/^high (\d+)$/m.exec(text.join("\n"))?.[1] ?? 0);
}

/** Where the control groups of a process are, as paths of this host. */
export function groupsOf(pid: number): string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line) => {
      const [before, after] = line.split(" - ");
      const [type, , options] = after?.split(" ") ?? [];
      return type === "cgroup" || type === "cgroup2"
        ? [{ type, path: before!.split(" ")[4]!, controllers: (options ?? "").split(",") }]
        : [];
    });
  return readFileSync(`/proc/${pid}/cgroup`, "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [, names = "", ...rest] = line.split(":");
      const mount = mounts.find(({ type, controllers }) =>
        names === ""
          ? type === "cgroup2"
          : type === "cgroup" && names.split(",").every((name) => controllers.includes(name)),
      );
      return mount ? [join(mount.path, rest.join(":"))] : [];
    });
}

function joinGroupsOf(pid: number): void {
  for (const group of groupsOf(pid)) writeFileSync(join(group, "cgroup.procs"), String(process.pid));
}
