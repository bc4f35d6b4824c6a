import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A kernel that a virtual machine can be booted with, and the modules it needs before it has a root, in the order of loading. */
export type Kernel = { release: string; image: string; modules: readonly string[] };

/** What the first root is made of: a shared tree, a disk above it, an overlay; and a door. Built in or as modules. */
const needed = [
  "virtio_pci",
  "virtio_blk",
  "virtio_console",
  "virtio_rng",
  "virtiofs",
  "overlay",
  "ext4",
] as const;
/** ext4 asks for this one by a name of its own (modules.softdep), and nearly every kernel has it built in. */
const wanted = ["crc32c_generic"] as const;

/**
 * The kernel of this machine that can do it: the one that runs, if its files are there, or else the newest. `without` says of each
 * release that was found what it lacks.
 */
export function findKernel(
  running: string,
  root = "/",
): { kernel: Kernel | null; without: readonly { release: string; lacks: readonly string[] }[] } {
  const without: { release: string; lacks: readonly string[] }[] = [];
  for (const { release, image } of kernelsBelow(root, running)) {
    const { files, lacks } = modulesOf(join(root, "lib/modules", release));
    if (lacks.length === 0) return { kernel: { release, image, modules: files }, without };
    without.push({ release, lacks });
  }
  return { kernel: null, without };
}

/** By distributions: /boot/vmlinuz-RELEASE (Debian), or beside the modules (Fedora, Arch). */
function kernelsBelow(root: string, running: string): { release: string; image: string }[] {
  const directory = join(root, "lib/modules");
  const releases = existsSync(directory) ? readdirSync(directory) : [];
  const newest = (a: string, b: string): number => b.localeCompare(a, "en", { numeric: true });
  return releases
    .toSorted((a, b) => Number(b === running) - Number(a === running) || newest(a, b))
    .flatMap((release) => {
      const places = [join(root, "boot", `vmlinuz-${release}`), join(directory, release, "vmlinuz")];
      const image = places.find((path) => existsSync(path));
      return image === undefined ? [] : [{ release, image }];
    });
}

/** See modules.dep(5): what a module needs stands behind it, the first to load last. */
function modulesOf(directory: string): { files: string[]; lacks: string[] } {
  const builtIn = new Set(linesOf(join(directory, "modules.builtin")).map(nameOf));
  const modules = new Map(
    linesOf(join(directory, "modules.dep")).map((line) => {
      const [path = "", needs = ""] = line.split(":");
      return [nameOf(path), [...needs.trim().split(" ").filter(Boolean).toReversed(), path]];
    }),
  );
  const lacks = needed.filter((name) => !builtIn.has(name) && !modules.has(name));
  const files = [...wanted, ...needed].flatMap((name) => modules.get(name) ?? []);
  return { files: [...new Set(files)].map((path) => join(directory, path)), lacks };
}

/** "kernel/drivers/char/hw_random/virtio-rng.ko.xz" is the module virtio_rng. */
function nameOf(path: string): string {
  return path
    .replace(/^.*\//, "")
    .replace(/\.ko(\..*)?$/, "")
    .replaceAll("-", "_");
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
}
