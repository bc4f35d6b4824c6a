import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { HoldfastError } from "../../report/diagnostic.ts";
import { type Bounds, type CgroupLayout, cgroupEnvironment, makeCgroups, planCgroups } from "./cgroups.ts";
import { type Place, consolePath, consoleTail, recordCgroups } from "./place.ts";
import { explainStep } from "./explain-step.ts";
import { readPrivileges } from "./privileges.ts";
import { holderScript, initScript, joinScript, startScript } from "./scripts.ts";
import { until } from "./until.ts";

export type HolderOptions = {
  lower: string;
  submounts: readonly string[];
  visible: readonly string[];
  size: string;
  layout: CgroupLayout;
  /** "flags path" of each file system that is mounted with flags which hold on the host, too. */
  flags?: readonly string[];
  /** Files that are copied, because each is a mount of its own on this machine. */
  files?: readonly string[];
  /** Directories that are empty there, however much is in them here. */
  empty?: readonly string[];
  /** None when what runs there is bounded otherwise. */
  bounds?: Bounds;
};

/** The process that keeps the file systems of one host, and what it has reported so far. */
export class Holder {
  readonly place: Place;
  readonly pid: number;
  readonly cgroups: readonly string[];
  readonly #child: ChildProcess;
  readonly #reports: Reports;

  private constructor(place: Place, child: ChildProcess, reports: Reports, cgroups: readonly string[]) {
    this.place = place;
    this.pid = reports.holder;
    this.cgroups = cgroups;
    this.#child = child;
    this.#reports = reports;
  }

  /** Mounts the layers in namespaces of their own; nothing is mounted for the rest of the machine. */
  static async start(place: Place, options: HolderOptions): Promise<Holder> {
    const planned = planCgroups(options.layout, place.id);
    recordCgroups(place, planned);
    const { child, reports } = spawnHolder(place, options);
    await until(() => reports.holder > 0 || child.exitCode !== null || child.signalCode !== null, 10_000);
    if (reports.holder === 0) {
      child.kill("SIGKILL");
      throw cannotHold(place, reports.step);
    }
    const cgroups = planned.length > 0 ? planned : [ownCgroup(options.layout, reports.holder)];
    const holder = new Holder(place, child, reports, cgroups);
    try {
      recordCgroups(place, cgroups);
      makeCgroups(options.layout, cgroups, reports.holder, options.bounds ?? null);
    } catch (error) {
      await holder.end();
      throw error;
    }
    return holder;
  }

  /** The tree of the host as the holder sees it: there while the host is off, but without its /run and /tmp. */
  get tree(): string {
    return `/proc/${this.pid}/root${join(this.place.directory, "base", "root")}`;
  }

  /** The init that runs now, or null when the host is off; `boots` counts how many there have been. */
  get init(): number | null {
    return this.#reports.init;
  }

  get boots(): number {
    return this.#reports.boots;
  }

  /** Mount points whose file systems no overlay can show: they are as they are on the machine, read-only. */
  get readOnly(): readonly string[] {
    return this.#reports.readOnly;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Asks for a boot; a host that ends by reboot(2) boots again by itself. */
  boot(): void {
    const host = this.cgroups.map((group) => join(group, "host"));
    (this.#child.stdin as Writable).write(`boot ${host.join(" ")}\n`);
  }

  /** Ends the holder and with it, by the kernel, every process and mount of the host. */
  async end(): Promise<void> {
    if (this.alive) kill(this.pid);
    await until(() => !this.alive, 10_000);
  }
}

type Reports = {
  holder: number;
  init: number | null;
  boots: number;
  /** What the holder does now, or did when it failed. */
  step: string;
  /** Mount points that no overlay can show, and that are therefore shown as they are, read-only. */
  readOnly: string[];
};

function spawnHolder(place: Place, options: HolderOptions): { child: ChildProcess; reports: Reports } {
  const delegated = options.layout.kind === "unified" && options.layout.scope ? delegatedScope(place) : [];
  const unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];
  const hold = ["sh", "-c", holderScript, "holdfast-throwaway"];
  const log = openSync(consolePath(place), "a", 0o600);
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...delegated, ...unshare, ...hold], {
    stdio: ["pipe", log, log, "pipe"],
    cwd: "/",
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      BASE: join(place.directory, "base"),
      LOWER: options.lower,
      SIZE: options.size,
      LAYERS: options.submounts.join("\n"),
      FLAGS: (options.flags ?? []).join("\n"),
      FILES: (options.files ?? []).join("\n"),
      EMPTY: (options.empty ?? []).join("\n"),
      VISIBLE: options.visible.join("\n"),
      START: startScript,
      SHELL: "/bin/sh",
      JOIN: joinScript,
      INIT: initScript,
      ...cgroupEnvironment(options.layout),
    },
  });
  closeSync(log);
  const reports: Reports = { holder: 0, init: null, boots: 0, step: "unshare", readOnly: [] };
  const stream = child.stdio[3] as Readable;
  followReports(stream, reports);
  child.on("error", () => {});
  child.stdin?.on("error", () => {});
  // A forgotten host must not keep its owner from ending: it dies with the owner.
  child.unref();
  for (const end of [child.stdin, stream]) (end as unknown as { unref(): void }).unref();
  return { child, reports };
}

function followReports(stream: Readable, reports: Reports): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [word, value] = split(line);
      if (word === "step") reports.step = value;
      if (word === "read-only") reports.readOnly.push(value);
      if (word === "holder") reports.holder = Number(value);
      if (word === "ended") reports.init = null;
      if (word === "init") {
        reports.init = Number(value);
        reports.boots += 1;
      }
    }
  });
}

function split(line: string): [string, string] {
  const blank = line.indexOf(" ");
  return [line.slice(0, blank), line.slice(blank + 1)];
}

/** A scope of its own from the machine's systemd, or that systemd would tidy our groups away. */
function delegatedScope(place: Place): string[] {
  return [
    "systemd-run",
    "--scope",
    "--quiet",
    `--unit=holdfast-throwaway-${place.id}`,
    "--property=Delegate=yes",
    "--",
  ];
}

function ownCgroup(layout: CgroupLayout, pid: number): string {
  const mount = layout.kind === "unified" ? layout.mount : "";
  const line = readFileSync(`/proc/${pid}/cgroup`, "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("0::"));
  return join(mount, line?.slice("0::".length) ?? "");
}

function cannotHold(place: Place, step: string): HoldfastError {
  const privileges = readPrivileges();
  return new HoldfastError(explainStep(step, consoleTail(place), privileges));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
