import { dirname } from "node:path";
import type { FileStat, Host } from "../../host/host.ts";

/** A file that keeps a service from starting, what is wrong with it, and what to do. */
export type FileTrouble = { path: string; what: string; fix: string };

type Account = { name: string; uid: number; groups: readonly number[] };

const wanted = { read: 4, run: 1 } as const;

/**
 * Says why an account cannot read or run a file: it is missing, or permission bits of it or of a directory above it are;
 * null when the bits allow it. Whatever else may forbid it (access lists, the sandbox) is not looked at.
 */
export async function findFileTrouble(
  host: Host,
  user: string | null,
  path: string,
  want: keyof typeof wanted,
): Promise<FileTrouble | null> {
  const real = await host.files.realPath(path);
  if (real === null) return missing(host, path);
  const account = user === null ? null : await readAccount(host, user);
  if (account === null || account.uid === 0)
    return want === "run" ? findInterpreterTrouble(host, real) : null;
  for (const directory of above(real)) {
    const stat = await host.files.stat(directory);
    if (stat && !allows(stat, account, wanted.run))
      return {
        path: directory,
        what: `${directory} may not be entered by ${account.name}: it has mode ${modeOf(stat)} and lacks x`,
        fix: `chmod o+x ${directory}, or: setfacl -m u:${account.name}:x ${directory}`,
      };
  }
  const stat = await host.files.stat(real);
  if (stat && !allows(stat, account, wanted[want])) {
    const bit = want === "read" ? "r" : "x";
    return {
      path: real,
      what: `${path} may not be ${want === "read" ? "read" : "run"} by ${account.name}: it has mode ${modeOf(stat)} and lacks ${bit}`,
      fix: `chgrp ${account.name} ${real} && chmod g+${want === "read" ? "r" : "rx"} ${real}`,
    };
  }
  return want === "run" ? findInterpreterTrouble(host, real) : null;
}

async function missing(host: Host, path: string): Promise<FileTrouble> {
  const broken = (await host.files.stat(path).catch(() => null))?.kind === "link";
  return {
    path,
    what: broken ? `${path} is a link to something that is gone` : `${path} does not exist`,
    fix: "put it there, or change the path in holdfast.yaml",
  };
}

/** A script whose first line names a program that is not there fails as if the script itself were missing. */
async function findInterpreterTrouble(host: Host, path: string): Promise<FileTrouble | null> {
  const stat = await host.files.stat(path);
  if (stat?.kind !== "file" || stat.size > 1024 * 1024) return null;
  const interpreter = /^#!\s*(\/\S+)/.exec((await host.files.read(path)) ?? "")?.[1];
  if (interpreter === undefined || (await host.files.realPath(interpreter)) !== null) return null;
  return {
    path: interpreter,
    what: `${path} begins with #!${interpreter}, and that program does not exist`,
    fix: `install it, or change the first line of ${path}`,
  };
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
