import { readlinkSync } from "node:fs";
import * as fs from "node:fs/promises";
import { setImmediate as pause } from "node:timers/promises";

export type Connections = {
  /** Established connections of these processes. */
  count: number;
  /** Processes whose files could not be looked at. */
  hidden: number;
};

/**
 * Counts the established TCP connections that processes have open, by the sockets among their files; those of other
 * processes are not counted, nor the same socket twice. `port` at either end; null for any (proc(5), /proc/pid/net/tcp).
 */
export async function countConnections(pids: readonly number[], port: number | null): Promise<Connections> {
  const sockets = new Map<string, Set<string>>();
  const sample = new Map<string, number>();
  let hidden = 0;
  for (const pid of pids) {
    const found = await socketsOf(pid);
    if (found === null) {
      hidden++;
      continue;
    }
    if (found.inodes.length === 0) continue;
    const known = sockets.get(found.network) ?? new Set();
    for (const inode of found.inodes) known.add(inode);
    sockets.set(found.network, known);
    sample.set(found.network, pid);
  }
  let count = 0;
  // A namespace has one table, whichever of its processes is asked.
  for (const [network, inodes] of sockets)
    for (const table of ["tcp", "tcp6"])
      count += await countIn(`/proc/${sample.get(network)}/net/${table}`, inodes, port);
  return { count, hidden };
}

/** Not to keep the process from its other work while it looks at many files. */
const filesAtOnce = 256;

/** null when they may not be seen. A process that has ended has none. */
async function socketsOf(pid: number): Promise<{ network: string; inodes: string[] } | null> {
  try {
    const network = await fs.readlink(`/proc/${pid}/ns/net`);
    const inodes: string[] = [];
    for (const [i, name] of (await fs.readdir(`/proc/${pid}/fd`)).entries()) {
      if (i % filesAtOnce === filesAtOnce - 1) await pause();
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.push(inode);
    }
    return { network, inodes };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") return null;
    return { network: "", inodes: [] };
  }
}

/** "" of a file that has been closed meanwhile. One at a time: a promise for each costs ten times as much. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const established = "01";

/** The table is that of the whole host, and may be long: it is read in parts. */
async function countIn(path: string, inodes: ReadonlySet<string>, port: number | null): Promise<number> {
  const wanted = port?.toString(16).toUpperCase().padStart(4, "0");
  let count = 0;
  try {
    const file = await fs.open(path);
    for await (const line of file.readLines()) {
      const fields = line.trimStart().split(/ +/, 10);
      const [, local = "", remote = "", state] = fields;
      if (state !== established || !inodes.has(fields[9] ?? "")) continue;
      if (wanted === undefined || local.endsWith(`:${wanted}`) || remote.endsWith(`:${wanted}`)) count++;
    }
  } catch (error) {
    // The process that was to show the table has ended, and its connections with it; or there is no IPv6.
    if (!["ENOENT", "ESRCH", "EINVAL"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  return count;
}
