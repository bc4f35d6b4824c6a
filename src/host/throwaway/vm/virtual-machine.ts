import type { ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { HoldfastError } from "../../../report/diagnostic.ts";
import type { RunOptions, RunResult } from "../../host.ts";
import { readCgroupLayout } from "../cgroups.ts";
import type { EnterOptions } from "../enter.ts";
import type { Holder } from "../holder.ts";
import { writeInside } from "../inside.ts";
import { claimPlace, consoleTail, type Place } from "../place.ts";
import { settle } from "../settle.ts";
import { clearPlace, sweepThrowawayHosts } from "../sweep.ts";
import type { OwnKernel, ThrowawayHost } from "../throwaway.ts";
import type { ThrowawayOptions } from "../options.ts";
import { layTree } from "../tree.ts";
import { until } from "../until.ts";
import { Door } from "./door.ts";
import { makeInitramfs } from "./initramfs.ts";
import { assertMachineCanEmulate } from "./machine.ts";
import { bindInTree, makeDisk, Power } from "./power.ts";

export type VirtualMachineOptions = ThrowawayOptions & {
  /** Files of the machine that the host sees empty: whatever is root there can look below what was laid over them. */
  withhold?: readonly string[];
};

const mebibyte = 1024 * 1024;
/** Of a virtual machine, in mebibytes, where there is that much. */
const usualMemory = 1024;
/** Measured: a command of holdfast takes some ten times as long. */
const emulated = 10;

/**
 * Boots this machine's tree in a virtual machine, with a kernel and a clock of its own and no network at all. All that it is made of lives
 * in the namespaces of a holder, and ends with it.
 */
export async function bootVirtualMachine(options: VirtualMachineOptions = {}): Promise<ThrowawayHost> {
  const requested = performance.now();
  const tools = assertMachineCanEmulate(options.lower ?? "/");
  await sweepThrowawayHosts();
  const place = claimPlace(options.name);
  let holder: Holder | undefined;
  let door: Door | undefined;
  try {
    // Its own systemd has its own control groups: those of this machine are for the processes around it only.
    const { visible, memory, lacks, ...laid } = await layTree(place, readCgroupLayout(0), options);
    holder = laid.holder;
    for (const path of options.withhold ?? []) await writeInside(holder.tree, path, "");
    // A machine that is a container itself must not have its copy take itself for one.
    await rm(join(holder.tree, ".dockerenv"), { force: true });
    await bindInTree(holder, visible);
    door = await Door.build(place.directory, holder.tree);
    const initramfs = await makeInitramfs({ ...tools, visible }, place.directory);
    await makeDisk(holder, memory.files);
    const ram = Math.min(usualMemory, Math.floor((memory.all - memory.files) / mebibyte));
    const power = new Power(holder, { tools, initramfs, memory: ram, cpus: 2 });
    const machine = new VirtualMachine(
      { place, holder, door, power, lacks, files: memory.files },
      options.timeout ?? 300_000,
    );
    await machine.boot(requested);
    return machine;
  } catch (error) {
    door?.close();
    await holder?.end();
    await clearPlace(place);
    throw error;
  }
}

type Parts = {
  place: Place;
  holder: Holder;
  door: Door;
  power: Power;
  files: number;
  lacks: readonly string[];
};

class VirtualMachine implements ThrowawayHost {
  bootMillis = 0;
  state = "off";
  failed: readonly string[] = [];
  readonly limits = true;
  readonly files: number;
  lacks: readonly string[];
  readonly machine: OwnKernel;
  readonly #place: Place;
  readonly #holder: Holder;
  readonly #door: Door;
  readonly #power: Power;
  readonly #timeout: number;
  #destroyed: Promise<void> | undefined;

  constructor(parts: Parts, timeout: number) {
    const { power } = parts;
    this.#place = parts.place;
    this.#holder = parts.holder;
    this.#door = parts.door;
    this.#power = power;
    this.files = parts.files;
    this.lacks = parts.lacks;
    this.#timeout = timeout;
    this.machine = {
      get slowness() {
        return power.accelerator === "kvm" ? 1 : emulated;
      },
      sleep: (millis) => this.#sleep(millis),
      setClock: () => this.#setClock(),
    };
  }

  get name(): string {
    return this.#place.name;
  }

  get boots(): number {
    return this.#power.boots;
  }

  get bus(): string {
    return this.#door.bus;
  }

  run(argv: readonly string[], options?: RunOptions & EnterOptions): Promise<RunResult> {
    return this.#door.run(argv, options);
  }

  spawn(argv: readonly string[], options?: EnterOptions): Promise<ChildProcess> {
    return this.#door.spawn(argv, options);
  }

  read(path: string): Promise<string | null> {
    return this.#door.read(path);
  }

  write(path: string, content: string, mode?: number): Promise<void> {
    return this.#door.write(path, content, mode);
  }

  async exists(path: string): Promise<boolean> {
    return (await this.run(["test", "-e", path])).status === 0;
  }

  async reboot(): Promise<void> {
    const before = this.boots;
    // The answer may be lost with the machine that gives it.
    await this.run(["systemctl", "reboot"]);
    await this.rebooted(before);
  }

  async rebooted(since: number): Promise<void> {
    const ended = await until(() => this.boots > since || !this.#power.isOn, this.#timeout, 20);
    if (!ended) throw this.#failure("it did not come to its end after a reboot was asked for");
    await this.#comesUp(performance.now());
  }

  async powerCut(): Promise<void> {
    const requested = performance.now();
    await this.#power.off();
    await this.boot(requested);
  }

  /** Not part of the interface: the first boot, and the one after a power cut. */
  async boot(requested: number): Promise<void> {
    await this.#power.on();
    if (await this.#power.emulateIfDead())
      this.lacks = [
        ...this.lacks,
        "its processor is emulated, and slow: this machine has a KVM that boots nothing",
      ];
    await this.#comesUp(requested);
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#end();
    return this.#destroyed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy();
  }

  async #end(): Promise<void> {
    this.#door.close();
    await this.#power.off();
    await this.#holder.end();
    await clearPlace(this.#place);
  }

  async #sleep(millis: number): Promise<void> {
    this.#power.ahead += millis;
    await this.reboot();
  }

  async #setClock(): Promise<void> {
    this.#power.ahead = 0;
    // Once to know how long it takes to get there.
    const asked = performance.now();
    await this.run(["true"]);
    const way = (performance.now() - asked) / 2;
    const set = await this.run(["date", `--set=@${((Date.now() + way) / 1000).toFixed(3)}`]);
    if (set.status !== 0) throw this.#failure(`its clock cannot be set: ${set.stderr.trim()}`);
  }

  async #comesUp(requested: number): Promise<void> {
    const boot = this.boots;
    const isGone = (): boolean => this.boots !== boot || !this.#power.isOn;
    if (!(await this.#door.open(isGone, this.#timeout))) throw this.#failure("nobody answers at its door");
    const settled = await settle({
      timeout: this.#timeout,
      isGone,
      exists: (path) => this.exists(path),
      run: (argv) => this.run(argv, { timeout: 30_000 }),
    });
    this.state = settled.state;
    this.failed = settled.failed;
    if (settled.trouble) throw this.#failure(settled.trouble, settled.evidence);
    // The clock of the hardware counts in seconds.
    if (this.#power.ahead === 0) await this.#setClock();
    this.bootMillis = Math.round(performance.now() - requested);
  }

  #failure(what: string, more = ""): HoldfastError {
    return new HoldfastError({
      severity: "error",
      code: "throwaway/boot-failed",
      summary: `Cannot boot the virtual machine "${this.name}": ${what}`,
      detail: [consoleTail(this.#place), more].filter((text) => text !== "").join("\n"),
    });
  }
}
