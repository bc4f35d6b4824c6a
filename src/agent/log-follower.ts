import { readFileSync } from "node:fs";
import { spawn, type ChildProcess } from "node:child_process";
import type { Scope } from "../host/host.ts";
import type { Say } from "./say.ts";
import { exportedFields, JournalExportReader, unitField, type ExportedLine } from "../host/journal-export.ts";

export type FollowerOptions = {
  scope: Scope;
  now: () => number;
  line: (line: ExportedLine) => void;
  /** It cannot follow, or can again; for the log. */
  say: Say;
};

/** Lines that are older than this when they are read mean that we are behind; journalctl itself takes half a second. */
const behindAfter = 2000;
/** So long without a line means that all have been read. */
const drained = 1500;
const longestPause = 30_000;

/**
 * One journalctl for all followed units of all applications, whatever journal namespace they have. What it cannot keep up
 * with stays in the journal: it is read as fast as it is parsed, and nothing is queued.
 */
export class LogFollower {
  readonly #options: FollowerOptions;
  readonly #reader: () => JournalExportReader;
  #units: ReadonlySet<string> = new Set();
  #child: ChildProcess | null = null;
  #from = 0;
  #lag = 0;
  #heardAt = 0;
  #pause = 100;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#reader = () => new JournalExportReader((unit) => this.#units.has(unit), options.line);
  }

  /** All lines up to this moment have been given. */
  get readUntil(): number {
    return this.#from;
  }

  /** Follows these units from now on, and gives the lines after `from` (milliseconds), also those that were given before. */
  follow(units: ReadonlySet<string>, from: number): void {
    this.#from = from;
    this.#units = units;
    this.restart();
  }

  /** Why the lines that are known are not all there are; null when they are. */
  get trouble(): string | null {
    if (this.#units.size === 0) return null;
    if (this.#child === null) return "the journal is not being followed";
    const quiet = this.#options.now() - this.#heardAt > drained;
    return this.#lag > behindAfter && !quiet
      ? `the log follower is ${Math.round(this.#lag / 1000)} s behind`
      : null;
  }

  /** Begins anew where it has read to, as when it was found to be stuck. */
  restart(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGKILL");
    if (!this.#closed && this.#units.size > 0) this.#start();
  }

  /** The clock was set by so much. */
  shift(millis: number): void {
    this.#from += millis;
  }

  close(): void {
    this.#closed = true;
    this.restart();
  }

  #start(): void {
    const { scope, now, say } = this.#options;
    const field = unitField(scope);
    const child = spawn(
      "journalctl",
      [
        "--output=export",
        `--output-fields=${exportedFields(scope)}`,
        "--all",
        "--follow",
        "--no-tail",
        `--since=@${(this.#from / 1000).toFixed(6)}`,
        ...(scope === "user" ? ["--user"] : ["--namespace=*"]),
        // Otherwise --follow means this boot only, and in a container the boot's name may be hidden from us; what others
        // have sent here is left out by the name of the machine.
        "--merge",
        ...machineMatch(),
        ...[...this.#units].map((unit) => `${field}=${unit}`),
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" } },
    );
    this.#child = child;
    const reader = this.#reader();
    const began = performance.now();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(0, 1000)));
    child.stdout.on("data", (chunk: Buffer) => {
      if (this.#child !== child) return;
      reader.add(chunk);
      this.#heardAt = now();
      this.#lag = Math.max(0, this.#heardAt - reader.latest);
      // journald's times have microseconds; the next one is not the last one again.
      this.#from = Math.max(this.#from, reader.latest + 0.001);
    });
    const ended = (why: string): void => {
      if (this.#child !== child) return;
      this.#child = null;
      if (performance.now() - began > 60_000) this.#pause = 100;
      say(4, `journalctl has ended (${why}); the journal is followed again in ${this.#pause} ms`);
      this.#timer = setTimeout(() => this.restart(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, longestPause);
    };
    child.on("error", (error) => ended(error.message));
    child.on("close", (status, signal) =>
      ended(stderr.trim().split("\n")[0] || (signal ?? `status ${status}`)),
    );
  }
}

function machineMatch(): string[] {
  try {
    return [`_MACHINE_ID=${readFileSync("/etc/machine-id", "utf8").trim()}`];
  } catch {
    return [];
  }
}
