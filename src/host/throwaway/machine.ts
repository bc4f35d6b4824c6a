import { accessSync, constants, globSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, HoldfastError } from "../../report/diagnostic.ts";

const programs = ["sh", "mount", "umount", "unshare", "nsenter", "setpriv", "pivot_root", "script"];
const searched = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const localFileSystems = new Set([
  "ext2",
  "ext3",
  "ext4",
  "xfs",
  "btrfs",
  "f2fs",
  "zfs",
  "bcachefs",
  "overlay",
]);
const notPartOfTheTree = /^\/(proc|sys|dev|run|tmp)(\/|$)/;

/** All that this machine lacks for a throwaway host; empty when it can boot one. */
export function missingForThrowaway(lower = "/"): Diagnostic[] {
  const missing: Diagnostic[] = [];
  const lacks = (code: string, what: string, fix: string): void => {
    const summary = `Cannot boot a throwaway host: ${what}`;
    missing.push({ severity: "error", code: `throwaway/${code}`, summary, fix });
  };
  if (process.platform !== "linux")
    lacks("not-linux", "this machine does not run Linux", "use a Linux machine");
  else {
    if (process.geteuid?.() !== 0)
      lacks("not-root", "it needs root for namespaces and mounts", "run it with sudo");
    for (const name of programs.filter((program) => !isInstalled(program))) {
      lacks("no-program", `the program ${name} is not installed`, "apt install util-linux bsdutils mount");
    }
    if (!isExecutable(join(lower, "usr/lib/systemd/systemd"))) {
      lacks("no-systemd", `there is no systemd below ${lower}`, "apt install systemd systemd-sysv dbus");
    }
    if (!/\toverlay$/m.test(readFileSync("/proc/filesystems", "utf8"))) {
      lacks("no-overlay", "the kernel has no overlay file system", "modprobe overlay");
    }
  }
  return missing;
}

export function assertMachineCan(lower: string): void {
  const missing = missingForThrowaway(lower);
  if (missing.length > 0) throw new HoldfastError(missing);
}

/** Such as 252; read from the name of its library, because the tree may be that of another distribution. */
export function systemdVersionBelow(lower: string): number {
  const libraries = globSync("usr/lib/{,*/}systemd/libsystemd-shared-*.so", { cwd: lower });
  return Number(/-(\d+)[^/]*\.so$/.exec(libraries[0] ?? "")?.[1] ?? 0);
}

/**
 * Local file systems mounted below /, outermost first: an overlay shows one file system only, so each gets its own.
 * Network file systems are left out, for a host without network must not write to them either.
 */
export function localSubmounts(mountinfo = readMountinfo()): string[] {
  const local = readMounts(mountinfo).filter(
    ({ point, type }) => point !== "/" && localFileSystems.has(type) && !notPartOfTheTree.test(point),
  );
  return [...new Set(local.map(({ point }) => point))].filter(isDirectory);
}

/** Paths that the overlays do not show, because something else lies over them or below. */
export function pathsToBind(
  visible: readonly string[],
  lower: string,
  mountinfo = readMountinfo(),
): string[] {
  const points = readMounts(mountinfo).map(({ point }) => point);
  const shown = new Set(["/", ...localSubmounts(mountinfo)]);
  return visible
    .map((path) => realpathSync(path))
    .filter((path) => lower !== "/" || notPartOfTheTree.test(path) || !shown.has(mountPointOf(path, points)));
}

function readMountinfo(): string {
  return readFileSync("/proc/self/mountinfo", "utf8");
}

/** See proc_pid_mountinfo(5); blanks in a path are written as octal. */
function readMounts(mountinfo: string): { point: string; type: string }[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const point = before
      .split(" ")[4]
      ?.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
    return point ? [{ point, type: after.split(" ")[0] ?? "" }] : [];
  });
}

function mountPointOf(path: string, points: readonly string[]): string {
  const above = points.filter((point) => point === "/" || path === point || path.startsWith(`${point}/`));
  return above.reduce((longest, point) => (point.length > longest.length ? point : longest), "/");
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isInstalled(program: string): boolean {
  return searched.some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
