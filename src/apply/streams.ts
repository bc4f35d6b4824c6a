import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";
import type { Host } from "../host/host.ts";
import { HoldfastError } from "../report/diagnostic.ts";

/** One of our own three streams, as a unit may use it. */
export type Connection = {
  /** For StandardInput=, StandardOutput= or StandardError= (systemd.exec(5)). */
  setting: string;
  /** The unit has opened it. */
  opened(): void;
  /** Waits until all that was written has arrived, and lets go. */
  end(): Promise<void>;
};

/**
 * Connects a unit with one of our own streams. A terminal or a pipe it opens itself, so nothing stands between; a
 * terminal is opened as a mere device and stays the controlling terminal of whoever started us. A socket cannot be
 * opened a second time, and a file would have a second position at which to write: these get what comes out of a FIFO.
 */
export async function connectStream(host: Host, fd: 0 | 1 | 2, fifo: string): Promise<Connection> {
  const stat = fstatSync(fd);
  if (fd === 0 && stat.isSocket()) return relayInput(host, fifo);
  if (fd !== 0 && (stat.isSocket() || stat.isFile())) return relayOutput(host, fd, fifo);
  return { setting: `file:/proc/${process.pid}/fd/${fd}`, opened: () => {}, end: async () => {} };
}

/** The terminal's kind, when there is a terminal to speak to. */
export function terminalKind(): string | null {
  return [0, 1, 2].some((fd) => isatty(fd)) ? (process.env["TERM"] ?? null) : null;
}

async function relayInput(host: Host, path: string): Promise<Connection> {
  await makeFifo(host, path);
  // For reading too: a FIFO opened for writing alone waits for its reader.
  const fifo = new Socket({
    fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK),
    readable: false,
    writable: true,
  });
  fifo.on("error", () => {});
  const opened = Promise.withResolvers<void>();
  process.stdin.on("data", (chunk: Buffer) => {
    if (!fifo.write(chunk)) {
      process.stdin.pause();
      fifo.once("drain", () => process.stdin.resume());
    }
  });
  // Closed before the unit has opened it, the FIFO would forget what is in it, and the unit would wait for ever.
  process.stdin.once("end", () => void opened.promise.then(() => fifo.destroySoon()));
  return {
    setting: `file:${path}`,
    opened: () => opened.resolve(),
    end: async () => {
      process.stdin.destroy();
      fifo.destroy();
    },
  };
}

async function relayOutput(host: Host, fd: 1 | 2, path: string): Promise<Connection> {
  await makeFifo(host, path);
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // Our own writer keeps the FIFO from ending between two commands of the unit.
  const keeper = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const fifo = new Socket({ fd: reading, readable: true, writable: false });
  const ended = new Promise<void>((resolve) => fifo.once("close", () => resolve()));
  fifo.on("error", () => {});
  fifo.pipe(fd === 1 ? process.stdout : process.stderr, { end: false });
  return {
    setting: `file:${path}`,
    opened: () => {},
    end: async () => {
      closeSync(keeper);
      await ended;
    },
  };
}

/** A named pipe that only its owner and root may open (fifo(7)). */
export async function makeFifo(host: Host, path: string): Promise<string> {
  const made = await host.run(["/usr/bin/mkfifo", "--mode=0600", path]);
  if (made.status === 0) return path;
  throw new HoldfastError({
    severity: "error",
    code: "run/no-fifo",
    summary: `Cannot make ${path}: ${made.stderr.trim()}`,
  });
}
