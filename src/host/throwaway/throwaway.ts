import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { HoldfastError } from "../../report/diagnostic.ts";
import type { RunOptions, RunResult } from "../host.ts";
import { limitsWork, readCgroupLayout } from "./cgroups.ts";
import { type Door, type EnterOptions, runInside, spawnInside } from "./enter.ts";
import type { Holder } from "./holder.ts";
import { existsInside, readInside, writeInside } from "./inside.ts";
import type { MemoryPlan } from "./memory.ts";
import { assertMachineCan, systemdVersionBelow } from "./machine.ts";
import type { ThrowawayOptions } from "./options.ts";
import { type Place, claimPlace, consoleTail } from "./place.ts";
import { settle } from "./settle.ts";
import { clearPlace, sweepThrowawayHosts } from "./sweep.ts";
import { layTree } from "./tree.ts";
import { until } from "./until.ts";

/** A booted copy of this machine that nobody will miss: in namespaces of this kernel, or a virtual machine (vm/). */
export interface ThrowawayHost extends AsyncDisposable {
  readonly name: string;
  /** From the request to `systemctl is-system-running`, of the latest boot. */
  readonly bootMillis: number;
  /** "running", or "degraded" when units failed. */
  readonly state: string;
  /** Names of units that failed during the latest boot. */
  readonly failed: readonly string[];
  /** How many times it has booted. */
  readonly boots: number;
  /** In what the host is less than this machine, in words for a report. */
  readonly lacks?: readonly string[];
  /** What may be written there, in bytes. */
  readonly files?: number;
  /** What files and programs there may use together, in bytes. */
  readonly memory?: number;
  /** False when this machine has no version 2 control groups for a systemd that wants nothing else. */
  readonly limits: boolean;
  /** A socket of this machine that leads to the host's system bus. */
  readonly bus: string;
  /** What only a host with a kernel of its own can do; null for one in namespaces. */
  readonly machine: OwnKernel | null;
  /** Runs a program inside to its end. */
  run(argv: readonly string[], options?: RunOptions & EnterOptions): Promise<RunResult>;
  /** Starts a program inside whose output is followed. */
  spawn(argv: readonly string[], options?: EnterOptions): Promise<ChildProcess>;
  read(path: string): Promise<string | null>;
  write(path: string, content: string, mode?: number): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** An orderly reboot: services stop, the files stay. */
  reboot(): Promise<void>;
  /** Waits for the boot that follows a reboot somebody else asked for. */
  rebooted(since: number): Promise<void>;
  /** Every process ends at once, then the host boots again with the same files. */
  powerCut(): Promise<void>;
  /** Leaves no process, mount, control group or file; may be called again. */
  destroy(): Promise<void>;
}

/** A host whose kernel is nobody else's: its clock may be set, and it boots when it is told to. */
export interface OwnKernel {
  /** How many times longer than on this machine everything may take there: a processor that is emulated is a slow one. */
  readonly slowness: number;
  /** An orderly shutdown, and a boot that comes so many milliseconds later by the clock of the hardware. */
  sleep(millis: number): Promise<void>;
  /** Sets the clock to this machine's time. */
  setClock(): Promise<void>;
}

/** A host that shares this machine's kernel, which can therefore look into it. */
export interface NamespaceHost extends ThrowawayHost {
  readonly machine: null;
  /** Of its init, as this machine numbers processes; changes with every boot. */
  readonly pid: number;
  /** The root of the host while it is on. */
  readonly root: string;
}

export { sweepThrowawayHosts };

/** Boots a real systemd on an overlay of this machine, with no network but its own loopback. */
export async function bootThrowawayHost(options: ThrowawayOptions = {}): Promise<NamespaceHost> {
  const requested = performance.now();
  const lower = options.lower ?? "/";
  assertMachineCan(lower);
  const layout = readCgroupLayout(systemdVersionBelow(lower));
  await sweepThrowawayHosts();
  const place = claimPlace(options.name);
  let holder: Holder | undefined;
  try {
    const laid = await layTree(place, layout, options);
    holder = laid.holder;
    const host = new Throwaway(place, holder, {
      limits: limitsWork(layout),
      timeout: options.timeout ?? 30_000,
      memory: laid.memory,
      lacks: laid.lacks,
    });
    await host.boot(requested);
    return host;
  } catch (error) {
    await holder?.end();
    await clearPlace(place);
    throw error;
  }
}

class Throwaway implements NamespaceHost {
  readonly machine = null;
  bootMillis = 0;
  state = "off";
  failed: readonly string[] = [];
  readonly limits: boolean;
  readonly lacks: readonly string[];
  readonly files: number;
  readonly memory: number;
  readonly #place: Place;
  readonly #holder: Holder;
  readonly #timeout: number;
  #destroyed: Promise<void> | undefined;

  constructor(
    place: Place,
    holder: Holder,
    options: { limits: boolean; timeout: number; lacks: readonly string[]; memory: MemoryPlan },
  ) {
    this.#place = place;
    this.#holder = holder;
    this.limits = options.limits;
    this.lacks = options.lacks;
    this.files = options.memory.files;
    this.memory = options.memory.all;
    this.#timeout = options.timeout;
  }

  get name(): string {
    return this.#place.name;
  }

  get pid(): number {
    return this.#door().init;
  }

  get boots(): number {
    return this.#holder.boots;
  }

  get root(): string {
    return `/proc/${this.pid}/root`;
  }

  get bus(): string {
    return join(this.root, "run/dbus/system_bus_socket");
  }

  run(argv: readonly string[], options?: RunOptions & EnterOptions): Promise<RunResult> {
    return runInside(this.#door(), argv, options);
  }

  spawn(argv: readonly string[], options?: EnterOptions): Promise<ChildProcess> {
    return spawnInside(this.#door(), argv, options);
  }

  read(path: string): Promise<string | null> {
    return readInside(this.root, path);
  }

  write(path: string, content: string, mode?: number): Promise<void> {
    return writeInside(this.root, path, content, mode);
  }

  exists(path: string): Promise<boolean> {
    return existsInside(this.root, path);
  }

  async reboot(): Promise<void> {
    const before = this.boots;
    await this.run(["systemctl", "reboot"]);
    await this.rebooted(before);
  }

  async rebooted(since: number): Promise<void> {
    // A service may take its whole TimeoutStopSec=, and systemd-shutdown(8) some time after that.
    const ended = await until(() => this.boots > since, this.#timeout + 90_000);
    if (!ended) throw this.#failure("it did not come to its end after a reboot was asked for");
    await this.#comesUp(performance.now());
  }

  async powerCut(): Promise<void> {
    process.kill(this.pid, "SIGKILL");
    const off = await until(() => this.#holder.init === null, this.#timeout);
    if (!off) throw this.#failure("its init did not die");
    await this.boot(performance.now());
  }

  /** Not part of the interface: the first boot, and the one after a power cut. */
  async boot(requested: number): Promise<void> {
    const before = this.boots;
    this.#holder.boot();
    const started = await until(() => this.boots > before || !this.#holder.alive, this.#timeout, 2);
    if (!started || !this.#holder.alive) throw this.#failure("its init did not start");
    await this.#comesUp(requested);
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#holder.end().then(() => clearPlace(this.#place));
    return this.#destroyed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy();
  }

  async #comesUp(requested: number): Promise<void> {
    const init = this.pid;
    const boot = await settle({
      timeout: this.#timeout,
      isGone: () => this.#holder.init !== init,
      exists: (path) => this.exists(path),
      run: (argv) => this.run(argv, { timeout: 5000 }),
    });
    this.state = boot.state;
    this.failed = boot.failed;
    this.bootMillis = Math.round(performance.now() - requested);
    if (boot.trouble) throw this.#failure(boot.trouble, boot.evidence);
  }

  #failure(what: string, more = ""): HoldfastError {
    return new HoldfastError({
      severity: "error",
      code: "throwaway/boot-failed",
      summary: `Cannot boot the throwaway host "${this.name}": ${what}`,
      detail: [consoleTail(this.#place), more].filter((text) => text !== "").join("\n"),
    });
  }

  #door(): Door {
    const init = this.#holder.init;
    if (init === null || this.#destroyed || !this.#holder.alive) {
      throw new HoldfastError({
        severity: "error",
        code: "throwaway/off",
        summary: `Cannot enter the throwaway host "${this.name}": it is off`,
      });
    }
    return { init, cgroups: this.#holder.cgroups };
  }
}
