import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";

/** The unit whose process holds the other end of a connection on this host; null when it cannot be told any more. */
export function whoAsks({ remotePort, localPort, remoteFamily }: Socket): string | null {
  if (remotePort === undefined || localPort === undefined) return null;
  const tables = remoteFamily === "IPv6" ? ["tcp6"] : ["tcp", "tcp6"];
  for (const table of tables) {
    const inode = inodeOf(readOr(`/proc/net/${table}`), remotePort, localPort);
    const pid = inode === null ? null : holderOf(inode);
    if (pid !== null) return unitOf(readOr(`/proc/${pid}/cgroup`));
  }
  return null;
}

/** The socket from one port to another (proc_pid_net(5)). */
export function inodeOf(table: string, from: number, to: number): string | null {
  for (const line of table.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [local, remote] = [fields[1], fields[2]].map((address) =>
      Number.parseInt(address?.split(":")[1] ?? "", 16),
    );
    if (local === from && remote === to && fields[9] !== undefined && fields[9] !== "0") return fields[9];
  }
  return null;
}

function holderOf(inode: string): string | null {
  const wanted = `socket:[${inode}]`;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`))
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === wanted) return pid;
    } catch {
      // It has ended, or closed what was listed.
    }
  return null;
}

/** The innermost unit that a process is in, of any hierarchy of control groups. */
export function unitOf(groups: string): string | null {
  return /(?:^|[/\n])([^/\n]+\.(?:service|scope))(?:\/[^\n]*)?$/m.exec(groups)?.[1] ?? null;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
