import { dirname } from "node:path";
import type { FileStat, Host } from "../host/host.ts";
import { programTrouble } from "./program-trouble.ts";

/** A file that keeps a service from starting, what is wrong with it, and what to do. */
export type FileTrouble = { path: string; what: string; fix: string };

/** A name; "dynamic" for an account that systemd makes for one run and that has no rights but those of others; null for root. */
export type User = string | { dynamic: string } | null;

type Account = { name: string; uid: number; groups: readonly number[] };

const wanted = { read: 4, run: 1, enter: 1 } as const;

/**
 * Says why an account cannot read or run a file, or enter a directory: it is missing, or permission bits of it or of a
 * directory above it are; null when the bits allow it. Whatever else may forbid it (access lists, the sandbox) is not
 * looked at. `place` is where a person would change the path.
 */
export async function findFileTrouble(
  host: Host,
  user: User,
  path: string,
  want: keyof typeof wanted,
  place = "holdfast.yaml",
): Promise<FileTrouble | null> {
  const real = await host.files.realPath(path);
  if (real === null) return missing(host, path, place);
  const kind = (await host.files.stat(real))?.kind;
  if (want === "enter" && kind !== "directory")
    return { path, what: `${path} is not a directory`, fix: `change the path in ${place}` };
  const account = await accountOf(host, user);
  if (account !== null && account.uid !== 0) {
    const denied = await findDenied(host, account, path, real, want);
    if (denied) return denied;
  }
  if (want !== "run") return null;
  const trouble = await programTrouble(host, { program: path, runtime: "other" });
  return trouble && { path, what: trouble.says, fix: trouble.fix };
}

async function findDenied(
  host: Host,
  account: Account,
  path: string,
  real: string,
  want: keyof typeof wanted,
): Promise<FileTrouble | null> {
  for (const directory of above(real)) {
    const stat = await host.files.stat(directory);
    if (stat && !allows(stat, account, wanted.run))
      return {
        path: directory,
        what: `${directory} may not be entered by ${account.name}: it has mode ${modeOf(stat)} and lacks x`,
        fix: openDirectory(directory, account),
      };
  }
  const stat = await host.files.stat(real);
  if (!stat || allows(stat, account, wanted[want])) return null;
  const bit = want === "read" ? "r" : "x";
  if (want === "enter")
    return {
      path: real,
      what: `${path} may not be entered by ${account.name}: it has mode ${modeOf(stat)} and lacks x`,
      fix: openDirectory(real, account),
    };
  return {
    path: real,
    what: `${path} may not be ${want} by ${account.name}: it has mode ${modeOf(stat)} and lacks ${bit}`,
    fix: `chgrp ${account.name} ${real} && chmod g+${want === "read" ? "r" : "rx"} ${real}`,
  };
}

/** The first part of the path that is not there is told too: that is what somebody forgot to make or to mount. */
async function missing(host: Host, path: string, place: string): Promise<FileTrouble> {
  const fix = `put it there, or change the path in ${place}`;
  if ((await host.files.stat(path).catch(() => null))?.kind === "link")
    return { path, what: `${path} is a link to something that is gone`, fix };
  for (const directory of above(path)) {
    const real = await host.files.realPath(directory);
    if (real === null) return { path, what: `${path} does not exist, nor does ${directory}`, fix };
    if ((await host.files.stat(real))?.kind === "file")
      return { path, what: `${path} cannot exist: ${directory} is a file`, fix };
  }
  return { path, what: `${path} does not exist`, fix };
}

/** Nobody should open root's own home directory to a service. */
function openDirectory(directory: string, { name, groups }: Account): string {
  if (directory === "/root") return "move it out of /root, such as to /opt";
  const alone = groups.length === 0 ? "" : `, or: setfacl -m u:${name}:x ${directory}`;
  return `chmod o+x ${directory}${alone}`;
}

async function accountOf(host: Host, user: User): Promise<Account | null> {
  if (user === null) return null;
  if (typeof user === "string") return readAccount(host, user);
  return { name: `its dynamic account ${user.dynamic}`, uid: -1, groups: [] };
}

async function readAccount(host: Host, name: string): Promise<Account | null> {
  const [uid, groups] = await Promise.all([host.run(["id", "-u", name]), host.run(["id", "-G", name])]);
  if (uid.status !== 0) return null;
  return { name, uid: Number(uid.stdout), groups: groups.stdout.trim().split(" ").map(Number) };
}

/** Owner, group, others: the first that applies decides (path_resolution(7)). */
function allows({ mode, uid, gid }: FileStat, account: Account, bit: number): boolean {
  const shift = uid === account.uid ? 6 : account.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & bit) !== 0;
}

/** Directories above a path, from the root on. */
function above(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...above(parent), parent];
}

function modeOf({ mode }: FileStat): string {
  return mode.toString(8).padStart(4, "0");
}
