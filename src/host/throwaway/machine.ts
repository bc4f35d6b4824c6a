import { accessSync, constants, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, HoldfastError } from "../../report/diagnostic.ts";
import { tryUserNamespace } from "./user-namespace.ts";
import { missingPrivileges, readPrivileges } from "./privileges.ts";

export { localSubmounts, pathsToBind } from "./file-systems.ts";

const programs = ["sh", "mount", "umount", "unshare", "nsenter", "setpriv", "pivot_root", "script"];
const searched = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
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
      missing.push({
        severity: "error",
        code: "throwaway/not-root",
        summary: "Cannot boot a throwaway host: it needs root for namespaces and mounts",
        detail:
          tryUserNamespace() ??
          "a user namespace can be had, but its files cannot belong to more than one user",
        fix: "run it with sudo",
      });
    else missing.push(...missingPrivileges(readPrivileges()));
    for (const name of programs.filter((program) => findProgram(program) === null)) {
      lacks("no-program", `the program ${name} is not installed`, "apt install util-linux bsdutils mount");
    }
    if (!isExecutable(join(lower, "usr/lib/systemd/systemd"))) {
      lacks("no-systemd", `there is no systemd below ${lower}`, "apt install systemd systemd-sysv dbus");
    }
    if (!/\toverlay$/m.test(readFileSync("/proc/filesystems", "utf8"))) {
      lacks(
        "no-overlay",
        "the kernel has no overlay file system",
        "modprobe overlay, or a kernel built with CONFIG_OVERLAY_FS",
      );
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

/** Where a program is, in the usual places; null when it is not installed. */
export function findProgram(program: string): string | null {
  return searched.map((directory) => join(directory, program)).find(isExecutable) ?? null;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
