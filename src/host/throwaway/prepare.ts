import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, readlink, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { resolveInside, writeInside } from "./inside.ts";
import { generatorDirectory, minimalMasks, sharedMasks } from "./masks.ts";

export type Preparation = { hostname: string; target: "minimal" | "full"; hide: readonly string[] };

/** What the outer machine must not lend to the host: its own Holdfast, its journal, its disks, its identity. */
export async function prepareTree(tree: string, options: Preparation): Promise<void> {
  for (const path of ["/var/lib/holdfast", "/var/log/journal", ...options.hide]) await empty(tree, path);
  await replace(tree, "/etc/machine-id", `${randomBytes(16).toString("hex")}\n`, 0o444);
  await rm(await placeOf(tree, "/var/lib/dbus/machine-id"), { force: true });
  await replace(tree, "/etc/hostname", `${options.hostname}\n`);
  await replace(tree, "/etc/hosts", `127.0.0.1 localhost\n127.0.1.1 ${options.hostname}\n::1 localhost\n`);
  await replace(tree, "/etc/fstab", "");
  await mkdir(await resolveInside(tree, "/var/log/journal"), { recursive: true });
  if (options.target === "minimal") await empty(tree, "/etc/systemd/system");
  else await removeInstalledByHoldfast(tree);
  await maskUnits(tree, options.target === "minimal" ? [...sharedMasks, ...minimalMasks] : sharedMasks);
  if (options.target === "minimal") {
    await link(tree, "/etc/systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target");
    await maskGenerators(tree);
  }
}

async function maskUnits(tree: string, names: readonly string[]): Promise<void> {
  for (const name of names) await link(tree, `/etc/systemd/system/${name}`, "/dev/null");
}

/** A generator of the same name in /etc wins; see systemd.generator(7). */
async function maskGenerators(tree: string): Promise<void> {
  for (const name of await list(await resolveInside(tree, generatorDirectory))) {
    await link(tree, `/etc/systemd/system-generators/${name}`, "/dev/null");
  }
}

/** Units that carry our mark, and the links that enabled them. */
async function removeInstalledByHoldfast(tree: string): Promise<void> {
  const directory = await resolveInside(tree, "/etc/systemd/system");
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  const gone = new Set<string>();
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if (!/holdfast/i.test(entry.name + (await readFile(path, "utf8")))) continue;
    gone.add(entry.name);
    await rm(path);
  }
  for (const entry of entries.filter((candidate) => candidate.isSymbolicLink())) {
    const path = join(entry.parentPath, entry.name);
    const target = await readlink(path);
    if (gone.has(entry.name) || gone.has(target.split("/").at(-1) ?? "")) await rm(path);
  }
}

async function empty(tree: string, path: string): Promise<void> {
  const directory = await resolveInside(tree, path);
  for (const name of await list(directory)) await rm(join(directory, name), { recursive: true, force: true });
}

async function replace(tree: string, path: string, content: string, mode = 0o644): Promise<void> {
  await rm(await placeOf(tree, path), { force: true });
  await writeInside(tree, path, content, mode);
}

async function link(tree: string, path: string, target: string): Promise<void> {
  const place = await placeOf(tree, path);
  await mkdir(dirname(place), { recursive: true });
  await rm(place, { recursive: true, force: true });
  await symlink(target, place);
}

/** The entry itself, even when it is a link. */
async function placeOf(tree: string, path: string): Promise<string> {
  return join(await resolveInside(tree, dirname(path)), basename(path));
}

async function list(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
