import type { Host } from "../host/host.ts";
import { printable } from "../value/printable.ts";
import { readCommandLines } from "./command-lines.ts";
import { readDescriptors, readSockets, type OpenSocket } from "./open-sockets.ts";
import { readProcesses, readUptime } from "./process-table.ts";
import type { Mask } from "./secrets-in-text.ts";

const mostProcesses = 64;
const mostSockets = 50;
const mostOfACommand = 300;

/**
 * The processes of a service with what each waits for: where the kernel allows it, its stack there, its system call, and
 * its open files and sockets (proc(5): wchan, stack, syscall, fd). What may not be looked at says why.
 */
export async function processFacts(
  host: Host,
  hide: Promise<Mask | null>,
  pids: readonly number[],
  signal: AbortSignal,
): Promise<unknown> {
  const shown = pids.slice(0, mostProcesses);
  const [rows, commands] = await Promise.all([
    readProcesses(host, shown, await readUptime(host)),
    readCommands(host, hide, shown),
  ]);
  if (signal.aborted) return null;
  const list = await Promise.all(
    rows.map(async (row) => {
      const { pid } = row;
      const [waitsIn, stack, call, files] = await Promise.all([
        peek(host, `/proc/${pid}/wchan`),
        peek(host, `/proc/${pid}/stack`),
        peek(host, `/proc/${pid}/syscall`),
        describeFiles(host, pid),
      ]);
      return { ...row, command: commands.get(pid) ?? null, waitsIn, stack, call, ...files };
    }),
  );
  return { count: pids.length, list };
}

/** Text of a small file of the kernel, or why there is none. */
async function peek(host: Host, path: string): Promise<string> {
  try {
    return (await host.files.read(path))?.trim().slice(0, 4096) ?? "(gone)";
  } catch (error) {
    return `(${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`;
  }
}

async function describeFiles(
  host: Host,
  pid: number,
): Promise<{ openFiles: number | string; sockets: readonly OpenSocket[] }> {
  try {
    const { count, sockets } = await readDescriptors(host, pid);
    return { openFiles: count, sockets: (await readSockets(host, pid, sockets)).slice(0, mostSockets) };
  } catch (error) {
    return { openFiles: `(${(error as NodeJS.ErrnoException).code ?? "not readable"})`, sockets: [] };
  }
}

/** Command lines, with secrets masked and cut. */
async function readCommands(
  host: Host,
  hide: Promise<Mask | null>,
  pids: readonly number[],
): Promise<Map<number, string>> {
  if (pids.length === 0) return new Map();
  const mask = await hide;
  if (mask === null) return new Map();
  const found = [...(await readCommandLines(host, pids))];
  return new Map(
    found.map(([pid, words]) => {
      // Word by word first: a flag's value may hold blanks.
      const line = mask(words).replace(/\0+$/, "").replaceAll("\0", " ");
      return [pid, printable(mask(line)).slice(0, mostOfACommand)];
    }),
  );
}
