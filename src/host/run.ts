import { spawn, type ChildProcess } from "node:child_process";
import type { RunOptions, RunResult } from "./host.ts";

/** Kept of each of stdout and stderr; what comes after is read and dropped, so that the program does not block. */
const outputLimit = 64 * 1024 * 1024;
const defaultTimeout = 60_000;
/** How long after the kill a pipe may stay open in the hands of a grandchild that left the process group. */
const pipeGrace = 500;

/** Runs a program to its end, never through a shell. A program that fails, or is not there, is a result and no exception. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...args] = argv;
  if (program === undefined || program === "") throw new Error("run() needs a program to run");
  // Output is read by code, so its language must not depend on who runs it.
  const env = { ...process.env, LC_ALL: "C.UTF-8", ...options.env };
  // A process group of its own: the time-out then reaches the program's children too.
  const child = spawn(program, args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  feed(child, options.stdin ?? "");
  const stopTimer = killAfter(child, options.timeout ?? defaultTimeout);
  const end = await ended(child);
  stopTimer();
  return {
    status: end.status,
    signal: end.signal,
    stdout: stdout.text(),
    stderr: stderr.text() + end.trouble + cutNote("stdout", stdout) + cutNote("stderr", stderr),
  };
}

type End = { status: number | null; signal: string | null; trouble: string };

function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      // An error after the start (a kill that failed) is not the end of the program; "close" still comes.
      if (child.pid === undefined) resolve(notStarted(child.spawnfile, error));
    });
    child.once("close", (status, signal) => resolve({ status, signal, trouble: "" }));
  });
}

/** The statuses a shell uses: 127 not found, 126 found but could not be run. */
function notStarted(program: string, error: NodeJS.ErrnoException): End {
  const missing = error.code === "ENOENT";
  const why = missing ? "no such program" : error.code === "EACCES" ? "permission denied" : error.message;
  const where = missing && !program.includes("/") ? ` in PATH (${process.env["PATH"] ?? "not set"})` : "";
  return { status: missing ? 127 : 126, signal: null, trouble: `Cannot run ${program}: ${why}${where}\n` };
}

function killAfter(child: ChildProcess, timeout: number): () => void {
  if (!Number.isFinite(timeout)) return () => {};
  let grace: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // ESRCH: the whole group has ended in this moment.
    }
    grace = setTimeout(
      () => [child.stdin, child.stdout, child.stderr].forEach((pipe) => pipe?.destroy()),
      pipeGrace,
    );
  }, timeout);
  return () => {
    clearTimeout(timer);
    clearTimeout(grace);
  };
}

function feed(child: ChildProcess, text: string): void {
  // EPIPE: the program ended without reading its input, which is its right.
  child.stdin?.on("error", () => {});
  child.stdin?.end(text);
}

type Collected = { text(): string; cut(): boolean };

function collect(stream: NodeJS.ReadableStream | null): Collected {
  const chunks: Buffer[] = [];
  let size = 0;
  let cut = false;
  stream?.on("data", (chunk: Buffer) => {
    const room = outputLimit - size;
    if (chunk.length > room) cut = true;
    if (room <= 0) return;
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    chunks.push(kept);
    size += kept.length;
  });
  stream?.on("error", () => {});
  return { text: () => Buffer.concat(chunks).toString("utf8"), cut: () => cut };
}

function cutNote(name: string, output: Collected): string {
  return output.cut() ? `\n(${name} was cut after ${outputLimit / 1024 / 1024} MiB)\n` : "";
}
