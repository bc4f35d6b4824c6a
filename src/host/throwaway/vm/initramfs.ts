import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "../../run.ts";
import type { Kernel } from "./kernel.ts";

/** What the programs of the first moments find, and what becomes of it. */
export type InitramfsPlan = {
  kernel: Kernel;
  busybox: string;
  /** Directories below /tmp and /run of the shared tree that must be seen at their place, read-only. */
  visible: readonly string[];
};

/** With these a machine shows on its console that its processor works. */
export const firstWords = "holdfast: the kernel is up";

/**
 * The first process of a boot: loads modules, lays a disk over the shared tree, makes /run and /tmp new, and becomes systemd.
 * What it says is in console.log.
 */
const init = `#!/bin/busybox sh
set -e
echo "${firstWords}"
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done < /modules/order
mount -t virtiofs tree /lower
mount -t ext4 /dev/vda /above
mkdir -p /above/upper /above/work
if ! [ -e /above/owned ]; then chown 0:0 /above/upper; chmod 755 /above/upper; touch /above/owned; fi
mount -t overlay -o lowerdir=/lower,upperdir=/above/upper,workdir=/above/work,redirect_dir=on root /root
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /root/tmp
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /root/run
while read -r path; do
  mkdir -p "/root$path"
  mount --bind "/lower$path" "/root$path"
  mount -o remount,bind,ro "/root$path"
done < /visible
for port in /sys/class/virtio-ports/*; do
  [ "$(cat "$port/name")" = holdfast.door ] && ln -s "$(basename "$port")" /dev/holdfast-door
done
umount /sys /proc
mount --move /dev /root/dev
exec switch_root /root /usr/lib/systemd/systemd
`;

/** Writes an initial file system for the kernel (cpio, newc; kernel docs, early-userspace) and gives its path. */
export async function makeInitramfs(plan: InitramfsPlan, directory: string): Promise<string> {
  const tree = join(directory, "initramfs");
  for (const name of ["bin", "modules", "proc", "sys", "dev", "lower", "above", "root"])
    mkdirSync(join(tree, name), { recursive: true });
  await takeAlong(plan.busybox, join(tree, "bin/busybox"), tree);
  const names: string[] = [];
  for (const path of plan.kernel.modules) {
    names.push(await unpackModule(path, join(tree, "modules")));
  }
  writeFileSync(join(tree, "modules/order"), names.map((name) => `${name}\n`).join(""));
  writeFileSync(join(tree, "visible"), plan.visible.map((path) => `${path}\n`).join(""));
  writeFileSync(join(tree, "init"), init, { mode: 0o755 });
  const image = join(directory, "initramfs.cpio");
  const list = await mustRun(["find", tree, "-mindepth", "1", "-printf", "%P\\n"]);
  await mustRun(
    ["cpio", "--create", "--format=newc", "--quiet", `--directory=${tree}`, `--file=${image}`],
    list,
  );
  return image;
}

/** A program, and the libraries that its loader would bring. */
async function takeAlong(program: string, to: string, tree: string): Promise<void> {
  copyFileSync(program, to);
  chmodSync(to, 0o755);
  // One that is linked statically has none, and ldd(1) fails on it.
  const { stdout } = await run(["ldd", program]);
  for (const [, path] of stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)) {
    mkdirSync(join(tree, dirname(path!)), { recursive: true });
    copyFileSync(path!, join(tree, path!));
    chmodSync(join(tree, path!), 0o755);
  }
}

/** Puts a module into a directory as insmod(8) takes it, for distributions compress theirs, and gives its name there. */
async function unpackModule(path: string, directory: string): Promise<string> {
  const [, name = "", packing = ""] = /^(.*\.ko)(?:\.(\w+))?$/.exec(basename(path)) ?? [];
  const copy = join(directory, basename(path));
  copyFileSync(path, copy);
  const unpack = unpackers[packing];
  if (unpack) await mustRun([...unpack, copy]);
  return name;
}

const unpackers: Readonly<Record<string, readonly string[]>> = {
  gz: ["gzip", "--decompress"],
  xz: ["xz", "--decompress"],
  zst: ["zstd", "--decompress", "--rm", "--quiet"],
};

async function mustRun(argv: readonly string[], stdin = ""): Promise<string> {
  const { status, stdout, stderr } = await run(argv, { stdin });
  if (status !== 0) throw new Error(`${argv[0]} failed: ${stderr.trim()}`);
  return stdout;
}
