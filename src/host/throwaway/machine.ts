import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, HoldfastError } from "../../report/diagnostic.ts";

const programs = ["sh", "mount", "umount", "unshare", "nsenter", "setpriv", "pivot_root"];
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
      lacks("no-program", `the program ${name} is not installed`, "apt install util-linux mount");
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

/**
 * Local file systems mounted below /, outermost first: an overlay shows one file system only, so each gets its own.
 * Network file systems are left out, for a host without network must not write to them either.
 */
export function localSubmounts(mountinfo = readFileSync("/proc/self/mountinfo", "utf8")): string[] {
  const points = mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const point = before
      .split(" ")[4]
      ?.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
    const type = after.split(" ")[0] ?? "";
    return point && point !== "/" && localFileSystems.has(type) && !notPartOfTheTree.test(point)
      ? [point]
      : [];
  });
  return [...new Set(points)].filter((point) => statSync(point, { throwIfNoEntry: false })?.isDirectory());
}

/** Paths that the overlay does not show, because another tree or a fresh /tmp or /run lies over them. */
export function pathsToBind(visible: readonly string[], lower: string): string[] {
  return visible.filter((path) => lower !== "/" || /^\/(tmp|run)\//.test(path));
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
