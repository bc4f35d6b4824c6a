import { readlink } from "node:fs/promises";
import type { Host } from "../host/host.ts";

/** A socket that a process holds open, with what waits in its queues: bytes, or for a listener connections. */
export type OpenSocket = {
  pid: number;
  kind: string;
  local: string;
  remote: string;
  state: string;
  sendQueue: number;
  receiveQueue: number;
};

/** net/tcp_states.h of Linux. */
const tcpStates = [
  "",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
];
const tables = ["tcp", "tcp6", "udp", "udp6"] as const;
const mostFiles = 4096;

/** File descriptors of a process: how many, and the inodes of its sockets. Throws where that may not be looked at. */
export async function readDescriptors(
  host: Host,
  pid: number,
): Promise<{ count: number; sockets: ReadonlySet<string> }> {
  const directory = `/proc/${pid}/fd`;
  const names = await host.files.list(directory);
  const targets = await Promise.all(
    names.slice(0, mostFiles).map((name) => readlink(`${directory}/${name}`).catch(() => "")),
  );
  const inodes = targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  return { count: names.length, sockets: new Set(inodes) };
}

/** Internet sockets of one process, in its own network namespace. */
export async function readSockets(
  host: Host,
  pid: number,
  inodes: ReadonlySet<string>,
): Promise<OpenSocket[]> {
  if (inodes.size === 0) return [];
  const found = await Promise.all(
    tables.map(async (kind) => {
      const text = (await host.files.read(`/proc/${pid}/net/${kind}`).catch(() => null)) ?? "";
      return text.split("\n").flatMap((line) => parseLine(line, kind, pid, inodes));
    }),
  );
  return found.flat();
}

/** A line of /proc/net/tcp (proc(5)): number, local, remote, state, queues, timers, retries, user, timeouts, inode. */
function parseLine(line: string, kind: string, pid: number, inodes: ReadonlySet<string>): OpenSocket[] {
  const [, local = "", remote = "", state = "", queues = "", , , , , inode = ""] = line.trim().split(/\s+/);
  if (!inodes.has(inode)) return [];
  const [send = "0", receive = "0"] = queues.split(":");
  return [
    {
      pid,
      kind,
      local: addressOf(local),
      remote: addressOf(remote),
      state: kind.startsWith("tcp") ? (tcpStates[Number.parseInt(state, 16)] ?? state) : "",
      sendQueue: Number.parseInt(send, 16),
      receiveQueue: Number.parseInt(receive, 16),
    },
  ];
}

/** The kernel prints each 32-bit word of an address as a number, so on a little-endian machine its bytes are turned round. */
export function addressOf(text: string): string {
  const [address = "", port = "0"] = text.split(":");
  const words = address.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).toReversed());
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.map((byte) => Number.parseInt(byte, 16)).join(".")}:${number}`;
  const groups = bytes.flatMap((byte, index) =>
    index % 2 === 0 ? Number.parseInt(`${byte}${bytes[index + 1]}`, 16).toString(16) : [],
  );
  return `[${groups.join(":")}]:${number}`;
}
