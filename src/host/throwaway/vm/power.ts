import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../run.ts";
import type { Holder } from "../holder.ts";
import { consolePath, consoleTail } from "../place.ts";
import { until } from "../until.ts";
import type { Tools } from "./machine.ts";
import { firstWords } from "./initramfs.ts";
import { type Accelerator, doorSocket, qemuCommand, sharedSocket, sharedTreeCommand } from "./qemu.ts";

export type Build = { tools: Tools; initramfs: string; memory: number; cpus: number };

/** `emulator` is null until the tree is there for it. */
type Running = { shared: ChildProcess; emulator: ChildProcess | null };

/**
 * The switch of a virtual machine. The emulator and what shares the tree with it are processes in the namespaces of the holder,
 * without a network, and end with it whatever happens to this process.
 */
export class Power {
  /** How many times it has been switched on, or has restarted. */
  boots = 0;
  /** How far the clock of the hardware is ahead of this machine's at the next boot, in milliseconds. */
  ahead = 0;
  /** How its processor is made. */
  accelerator: Accelerator = existsSync("/dev/kvm") ? "kvm" : "tcg";
  readonly #holder: Holder;
  readonly #build: Build;
  #running: Running | null = null;

  constructor(holder: Holder, build: Build) {
    this.#holder = holder;
    this.#build = build;
  }

  get isOn(): boolean {
    return this.#running !== null;
  }

  /** An orderly end is a restart: the machine is switched on again. */
  async on(): Promise<void> {
    const { directory } = this.#holder.place;
    const { tools, ...build } = this.#build;
    // Those of the boot before lead nowhere, and nobody may take them for the new ones.
    for (const name of [sharedSocket, doorSocket]) rmSync(join(directory, name), { force: true });
    const shared = this.#spawn(sharedTreeCommand(tools.virtiofsd, directory, treeOf(directory)));
    const running: Running = { shared, emulator: null };
    this.#running = running;
    // The emulator connects once, and ends when nobody listens.
    await until(() => existsSync(join(directory, sharedSocket)) || hasEnded(shared), 10_000);
    if (this.#running !== running) return;
    const emulator = this.#spawn(
      qemuCommand({
        ...build,
        accelerator: this.accelerator,
        architecture: process.arch,
        directory,
        image: tools.kernel.image,
        disk: diskOf(directory),
        clock: new Date(Date.now() + this.ahead),
      }),
    );
    running.emulator = emulator;
    this.boots += 1;
    emulator.once("exit", (status) => {
      if (this.#running !== running) return;
      this.#running = null;
      if (status === 0 && this.#holder.alive) void this.on();
    });
  }

  /**
   * A machine that is virtual itself may offer a KVM that boots nothing, or ends at once: what gives no sign of life is
   * emulated from then on. Returns whether that was so.
   */
  async emulateIfDead(patience = 20_000): Promise<boolean> {
    if (this.accelerator !== "kvm") return false;
    const lives = await until(() => hasSpoken(this.#holder) || !this.isOn, patience, 50);
    if (lives && this.isOn) return false;
    await this.off();
    this.accelerator = "tcg";
    await this.on();
    return true;
  }

  /** What was not written to the disk is lost, as when a plug is pulled. */
  async off(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.emulator?.kill("SIGKILL");
    if (running?.emulator === null) running.shared.kill("SIGKILL");
    await until(() => !running || hasEnded(running.shared), 10_000);
  }

  #spawn(argv: readonly string[]): ChildProcess {
    const log = openSync(consolePath(this.#holder.place), "a", 0o600);
    // nsenter(1) is the parent that the program dies with; it stays outside of the holder's namespace.
    const child = spawn(
      "nsenter",
      [...into(this.#holder, "--pid"), "setpriv", "--pdeathsig", "KILL", "unshare", "--net", ...argv],
      {
        stdio: ["ignore", log, log],
        cwd: "/",
      },
    );
    closeSync(log);
    child.on("error", () => {});
    child.unref();
    return child;
  }
}

/** The sparse disk that all changes go to, in memory beside the layers of the shared tree. */
export async function makeDisk(holder: Holder, bytes: number): Promise<void> {
  const disk = diskOf(holder.place.directory);
  await mustRun(holder, ["truncate", `--size=${bytes}`, disk]);
  await mustRun(holder, ["mke2fs", "-q", "-t", "ext4", "-m", "0", disk]);
}

/** Directories that the overlays of the tree do not show, shown within it. */
export async function bindInTree(holder: Holder, paths: readonly string[]): Promise<void> {
  const bind = 'mkdir -p "$2" && mount --rbind "$1" "$2" && mount -o remount,bind,ro "$2"';
  for (const path of paths)
    await mustRun(holder, ["sh", "-c", bind, "bind", path, treeOf(holder.place.directory) + path]);
}

function hasSpoken({ place }: Holder): boolean {
  return consoleTail(place, Infinity).includes(firstWords);
}

function treeOf(directory: string): string {
  return join(directory, "base/root");
}

function diskOf(directory: string): string {
  return join(directory, "base/disk");
}

function into(holder: Holder, ...more: string[]): string[] {
  return [`--target=${holder.pid}`, "--mount", ...more, "--"];
}

async function mustRun(holder: Holder, argv: readonly string[]): Promise<void> {
  const { status, stderr } = await run(["nsenter", ...into(holder), ...argv]);
  if (status !== 0) throw new Error(`${argv[0]} failed: ${stderr.trim()}`);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
