import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { type Diagnostic, HoldfastError } from "../../report/diagnostic.ts";

/** One mount point as a path is looked up today; what lies hidden under another mount is not one. */
export type Mount = { point: string; type: string; source: string; flags: readonly string[] };

/** What a host shows of the file systems mounted below the root of the machine. */
export type FileSystems = {
  /** Each gets an overlay of its own, outermost first. `flags` hold there as they do on the machine. */
  layers: readonly { point: string; flags: readonly string[] }[];
  /** Single files over which something else is mounted, as containers do it with a configuration: they are copied. */
  files: readonly string[];
  /** What is on another machine, or answered by a program: not shown, because nobody of the application needs it. */
  notShown: readonly Mount[];
  /** Of `layers`, those that somebody else has to answer for. */
  remote: readonly Mount[];
};

const notPartOfTheTree = /^\/(proc|sys|dev|run|tmp)(\/|$)/;

/** The kernel's own: nobody keeps files there. */
const ofTheKernel = new Set(
  "proc sysfs devtmpfs devpts cgroup cgroup2 mqueue hugetlbfs debugfs tracefs securityfs bpf pstore configfs binfmt_misc autofs efivarfs fusectl nsfs rpc_pipefs nfsd selinuxfs".split(
    " ",
  ),
);

/** Those that ask somebody who may never answer. */
const remoteTypes =
  /^(nfs|nfs4|cifs|smb3|smbfs|ceph|9p|afs|glusterfs|lustre|gfs2|ocfs2|beegfs|fuse|fuseblk|fuse\..*)$/;

/** Flags of a mount that decide whether a program works: without them it would start on the copy, and not on the machine. */
const carried = ["ro", "noexec", "nosuid", "nodev"];

/**
 * Sorts what is mounted. Local file systems are all shown; one on a network, or of FUSE, only when one of `needed` lies in it or it
 * lies in one of them: a host without network must not depend on others for more than it has to.
 */
export function planFileSystems(
  needed: readonly string[],
  mounts = readMounts(),
  kindOf: (path: string) => Kind = kindHere,
): FileSystems {
  const shown = mounts.filter(
    ({ point, type }) => point !== "/" && !ofTheKernel.has(type) && !notPartOfTheTree.test(point),
  );
  const isWanted = ({ point, type }: Mount): boolean =>
    !remoteTypes.test(type) || needed.some((path) => isWithin(path, point) || isWithin(point, path));
  const wanted = shown.filter(isWanted).toSorted((a, b) => depth(a.point) - depth(b.point));
  const remote = wanted.filter(({ type }) => remoteTypes.test(type));
  const directories = wanted.filter((mount) => remote.includes(mount) || kindOf(mount.point) === "directory");
  return {
    layers: directories.map(({ point, flags }) => ({
      point,
      flags: carried.filter((flag) => flags.includes(flag)),
    })),
    files: wanted
      .map(({ point }) => point)
      .filter((point) => !directories.some((mount) => mount.point === point) && kindOf(point) === "file"),
    notShown: shown.filter((mount) => !isWanted(mount)),
    remote,
  };
}

/**
 * Of `visible`, those that the overlays do not show, because something else lies there: a directory below /tmp, or any in the
 * machine's tree when the host has another one.
 */
export function pathsToBind(
  visible: readonly string[],
  lower: string,
  mounts = readMounts(),
  kindOf: (path: string) => Kind = kindHere,
): string[] {
  const shown = new Set(["/", ...planFileSystems(visible, mounts, kindOf).layers.map(({ point }) => point)]);
  const points = mounts.map(({ point }) => point);
  return visible.filter(
    (path) => lower !== "/" || notPartOfTheTree.test(path) || !shown.has(mountPointOf(path, points)),
  );
}

/** Mount points of the file systems that are shown whoever needs them. */
export function localSubmounts(mounts = readMounts(), kindOf: (path: string) => Kind = kindHere): string[] {
  return planFileSystems([], mounts, kindOf).layers.map(({ point }) => point);
}

/**
 * Asks each file system that may be dead for a sign of life, in processes of their own: a call that hangs in the kernel takes its
 * process along. Throws for those that give none in time.
 */
export async function assertAnswering(mounts: readonly Mount[], patience = 3000): Promise<void> {
  const asked = mounts.map(async (mount) => ({
    mount,
    ...(await ask(["stat", "--format=%i", "--", `${mount.point}/.`], patience)),
  }));
  const dead = (await Promise.all(asked)).filter(({ status }) => status !== 0);
  if (dead.length > 0)
    throw new HoldfastError(
      dead.map(({ mount: { point, type, source }, status, stderr }) =>
        deadFileSystem(
          point,
          `it is ${type}, mounted from ${source}, and ` +
            (status === null ? `gave no sign of life in ${patience / 1000} s` : `says: ${stderr.trim()}`),
        ),
      ),
    );
}

/** Where paths lead to; those that lead nowhere are left out. Throws when one of them leads to a file system that is dead. */
export async function resolvePatiently(paths: readonly string[], patience = 3000): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => ({ path, ...(await ask(["realpath", "-ez", "--", path], patience)) })),
  );
  const hanging = found.filter(({ status }) => status === null);
  if (hanging.length > 0)
    throw new HoldfastError(
      hanging.map(({ path }) =>
        deadFileSystem(path, `what it lies in gave no sign of life in ${patience / 1000} s`),
      ),
    );
  return found.flatMap(({ status, stdout }) => (status === 0 ? [stdout.replace(/\0$/, "")] : []));
}

function deadFileSystem(path: string, detail: string): Diagnostic {
  return {
    severity: "error",
    code: "throwaway/dead-file-system",
    summary: `Cannot boot a throwaway host: ${path} does not answer`,
    detail: `the application needs it; ${detail}`,
    fix: `see: findmnt --target ${path}; mount it anew (umount -l), or keep the application on a local disk`,
  };
}

/** The status is null when it did not end in time. */
function ask(
  [program = "", ...args]: readonly string[],
  patience: number,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: "/" });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      // It may not even die of it: this process has to be able to go on, and to end, without it.
      child.unref();
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ status: null, stdout, stderr });
    }, patience);
    child.once("error", reject).once("close", (status) => {
      clearTimeout(timer);
      resolve({ status: status ?? -1, stdout, stderr });
    });
  });
}

/** See proc_pid_mountinfo(5): 36 35 98:0 /sub /mnt rw,noatime shared:1 - ext3 /dev/root rw. Blanks in a path are written as octal. */
export function readMounts(mountinfo = readFileSync("/proc/self/mountinfo", "utf8")): Mount[] {
  const all = mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [id = "", parent = "", , , point, flags = ""] = before.split(" ");
    const [type = "", source = "", ofFileSystem = ""] = after.split(" ");
    if (point === undefined) return [];
    const readOnly = ofFileSystem.split(",").includes("ro") ? ["ro"] : [];
    return [
      {
        id,
        parent,
        point: plain(point),
        type,
        source: plain(source),
        flags: [...flags.split(","), ...readOnly],
      },
    ];
  });
  const byId = new Map(all.map((mount) => [mount.id, mount]));
  type Listed = (typeof all)[number];
  const isHidden = (mount: Listed): boolean => {
    const covered = all.some(
      ({ id, parent, point }) =>
        id !== mount.id &&
        ((parent === mount.id && point === mount.point) ||
          (parent === mount.parent && point !== mount.point && isWithin(mount.point, point))),
    );
    const above = byId.get(mount.parent);
    // What is mounted over something lies within it for the kernel, and is what a path leads to.
    return covered || (above !== undefined && above.point !== mount.point && isHidden(above));
  };
  return (
    all
      .filter((mount) => !isHidden(mount))
      // Lists of them are lines for a shell.
      .filter(({ point }) => !point.includes("\n"))
      .map(({ point, type, source, flags }) => ({ point, type, source, flags }))
  );
}

function plain(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}

function mountPointOf(path: string, points: readonly string[]): string {
  return points
    .filter((point) => isWithin(path, point))
    .reduce((longest, point) => (point.length > longest.length ? point : longest), "/");
}

function isWithin(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

function depth(point: string): number {
  return point.split("/").length;
}

type Kind = "directory" | "file" | null;

function kindHere(path: string): Kind {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() ? "directory" : stat?.isFile() ? "file" : null;
}
