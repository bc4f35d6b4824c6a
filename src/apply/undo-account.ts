import { join } from "node:path";
import type { Host } from "../host/host.ts";
import type { DirectoryState } from "../plan/host-state.ts";
import type { UndoStep } from "../plan/undo.ts";

/** Owner and mode as they were before systemd-tmpfiles(8) set them. What is in the directory was never touched. */
export async function restoreDirectory(path: string, before: DirectoryState, host: Host): Promise<boolean> {
  const found = await host.files.stat(path);
  if (found?.kind !== "directory") return false;
  const sameOwner = found.uid === before.uid && found.gid === before.gid;
  if (sameOwner && found.mode === before.mode) return false;
  // Owner first: chown(2) may clear bits of the mode.
  if (!sameOwner) await runOrThrow(host, ["/usr/bin/chown", `${before.uid}:${before.gid}`, "--", path]);
  await runOrThrow(host, ["/usr/bin/chmod", `0${before.mode.toString(8)}`, "--", path]);
  return true;
}

/** With something in it, it stays: what a service has written is not ours to remove. */
export async function removeEmptyDirectory(path: string, host: Host): Promise<boolean> {
  if ((await host.files.stat(path))?.kind !== "directory") return false;
  if ((await host.files.list(path)).length > 0) return false;
  await runOrThrow(host, ["/usr/bin/rmdir", "--", path]);
  return true;
}

/** The account stays when it owns something: its number could be given to somebody else later. */
export async function removeAccount(
  { user, groups, mayOwn }: Extract<UndoStep, { kind: "remove-account" }>,
  host: Host,
): Promise<string | null> {
  const number = user === null ? null : await numberOf(user, host);
  if (number !== null) {
    for (const path of mayOwn)
      if (await ownsAnything(path, number, host)) return `account ${user} stays: it owns files in ${path}`;
    await runOrThrow(host, ["/usr/sbin/userdel", "--", user!]);
  }
  const removed = number === null ? [] : [`account ${user}`];
  for (const group of groups) {
    // userdel(8) has removed the group of the same name already, unless the system is set up not to.
    if ((await host.run(["/usr/bin/getent", "group", group])).status !== 0) continue;
    await runOrThrow(host, ["/usr/sbin/groupdel", "--", group]);
    removed.push(`group ${group}`);
  }
  return removed.length === 0 ? null : `${removed.join(" and ")} removed`;
}

/** One level deep: what a service has made lies in a directory of its own, or beside the first file that it wrote. */
async function ownsAnything(path: string, number: number, { files }: Host): Promise<boolean> {
  if ((await files.stat(path))?.uid === number) return true;
  for (const name of await files.list(path))
    if ((await files.stat(join(path, name)))?.uid === number) return true;
  return false;
}

async function numberOf(user: string, host: Host): Promise<number | null> {
  const { status, stdout } = await host.run(["/usr/bin/getent", "passwd", user]);
  return status === 0 ? Number(stdout.split(":")[2]) : null;
}

async function runOrThrow(host: Host, argv: readonly string[]): Promise<void> {
  const { status, signal, stderr } = await host.run(argv);
  if (status !== 0) throw new Error(stderr.trim() || `${argv[0]} ended with ${status ?? signal}`);
}
