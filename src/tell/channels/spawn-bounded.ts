import { spawn, type ChildProcess } from "node:child_process";
import type { Account } from "./account.ts";
import { reasonOf } from "./bounded.ts";

/** Kept of what the program says; the rest is read and dropped, so that it does not block. */
const longestWords = 4096;
/** How long after the end a pipe may stay open in the hands of a child. */
const pipeGrace = 500;

export type ProgramEnd = {
  status: number | null;
  signal: string | null;
  /** What it wrote to stderr, its beginning. */
  stderr: string;
  /** It was ended by us, or could not be started for a reason that may pass. */
  trouble: string | null;
  /** It has run, so that it may have done its work. */
  began: boolean;
};

export type Spawning = {
  account: Account | null;
  directory: string;
  /** All that the program gets beside PATH, LANG and its account's variables. */
  env: Readonly<Record<string, string>>;
  stdin: string;
  timeout: number;
  signal: AbortSignal;
};

/** Runs a program of the user's, never through a shell; kills it with its children after the time-out or with the signal. */
export function spawnBounded(argv: readonly string[], spawning: Spawning): Promise<ProgramEnd> {
  const { account, directory, env, stdin, timeout, signal } = spawning;
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: directory,
      // Not ours: it holds the way to our credentials and to our service manager.
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", ...own(account), ...env },
      // A process group of its own: the kill then reaches the program's children too.
      detached: true,
      stdio: ["pipe", "ignore", "pipe"],
      ...change(account),
    });
    let trouble: string | null = null;
    let grace: NodeJS.Timeout | undefined;
    const kill = (why: string): void => {
      trouble = why;
      killGroup(child);
      letGo();
    };
    // A child that has left the process group may hold the pipes for as long as it likes.
    const letGo = (): void => {
      grace ??= setTimeout(() => [child.stdin, child.stderr].forEach((pipe) => pipe.destroy()), pipeGrace);
    };
    const stop = (): void => kill(reasonOf(signal));
    const timer = setTimeout(() => kill(`not done within ${timeout} ms`), timeout);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const stderr = collect(child.stderr);
    const done = (end: Pick<ProgramEnd, "status" | "signal" | "stderr">): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      signal.removeEventListener("abort", stop);
      resolve({ ...end, trouble, began: child.pid !== undefined });
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) done(notStarted(error, directory));
    });
    child.once("exit", () => {
      clearTimeout(timer);
      letGo();
    });
    child.once("close", (status, signal) => done({ status, signal, stderr: stderr() }));
    // EPIPE: the program ended without reading its input, which is its right.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
  });
}

/** Groups of the notifier's are dropped with its account by Node. */
function change(account: Account | null): { uid?: number; gid?: number } {
  if (account === null || account.uid === process.getuid?.()) return {};
  return { uid: account.uid, gid: account.gid };
}

function own(account: Account | null): Record<string, string> {
  return account === null ? {} : { HOME: account.home, USER: account.name, LOGNAME: account.name };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: the whole group has ended in this moment.
  }
}

/** The statuses a shell uses: 127 not found, 126 found but could not be run. */
function notStarted(
  error: NodeJS.ErrnoException,
  directory: string,
): Pick<ProgramEnd, "status" | "signal" | "stderr"> {
  const words: Readonly<Record<string, string>> = {
    ENOENT: `there is no such program, or no directory ${directory}`,
    EACCES: "permission denied",
    EPERM: "the notifier may not run programs in another account",
  };
  const { code = "" } = error;
  const passes = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"].includes(code);
  const status = passes ? 75 : code === "ENOENT" ? 127 : 126;
  return { status, signal: null, stderr: words[code] ?? error.message };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < longestWords) chunks.push(chunk);
    size += chunk.length;
  });
  stream.on("error", () => {});
  return () => Buffer.concat(chunks).subarray(0, longestWords).toString().trim();
}
