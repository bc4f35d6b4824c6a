import { existsSync, readFileSync } from "node:fs";
import { type Diagnostic } from "../../report/diagnostic.ts";
import { readMounts, type Mount } from "./file-systems.ts";

/** What a host needs of root's powers, with their bits (capabilities(7)): to be made, to boot whole, and to run services as others. */
const needed: Readonly<Record<string, number>> = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_ADMIN: 12,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_ADMIN: 21,
};

/** What this process may do, as the kernel tells it. */
export type Privileges = {
  /** The text of /proc/self/status. */
  status: string;
  /** docker, podman or another container; null for a machine. */
  container: string | null;
  mounts: readonly Mount[];
};

export function readPrivileges(): Privileges {
  return {
    status: readFileSync("/proc/self/status", "utf8"),
    container: containerKind(),
    mounts: readMounts(),
  };
}

/** What is missing before anything is tried, exactly; empty when nothing is. */
export function missingPrivileges({ status, container, mounts }: Privileges): Diagnostic[] {
  const where = container === null ? "" : ` in this container (${container})`;
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const without = Object.entries(needed)
    .filter(([, bit]) => (effective & (1n << BigInt(bit))) === 0n)
    .map(([name]) => name);
  const missing: Diagnostic[] = [];
  if (without.length > 0)
    missing.push({
      severity: "error",
      code: "throwaway/no-capability",
      summary: `Cannot boot a throwaway host: root${where} does not have ${without.join(", ")}`,
      detail:
        "it mounts file systems and makes namespaces, and a systemd there has its services run as others",
      fix:
        containerFix(container) ??
        "run it as root of the machine, not in a service or shell that has given capabilities up",
    });
  const readOnly = mounts.filter(
    ({ type, flags }) => (type === "cgroup" || type === "cgroup2") && flags.includes("ro"),
  );
  if (readOnly.length > 0)
    missing.push({
      severity: "error",
      code: "throwaway/read-only-cgroups",
      summary: `Cannot boot a throwaway host: ${readOnly[0]!.point} is mounted read-only`,
      detail: "a systemd needs a control group of its own, or nothing can be limited, nor ended for sure",
      fix:
        containerFix(container) ??
        "mount -o remount,rw the control groups, or run it outside of what has mounted them so (ProtectControlGroups=)",
    });
  return missing;
}

/** What forbids system calls or adds rules: the likely culprits when root with all capabilities is refused. */
export function restrictionsOf({ status, container }: Privileges): string[] {
  const seccomp = /^Seccomp:\s*[12]$/m.test(status);
  const profile = readOrNull("/proc/self/attr/current")?.replace(/\0?\n?$/, "") ?? "";
  return [
    ...(seccomp ? ["a system call filter (seccomp)"] : []),
    ...(profile === "" || profile.startsWith("unconfined") ? [] : [`a security profile (${profile})`]),
    ...(container === null ? [] : [`a container (${container})`]),
  ];
}

/** What to give a container; null outside of one. */
export function containerFix(container: string | null): string | null {
  if (container === null) return null;
  if (container === "holdfast") return "run it on the machine itself: this is a copy of one";
  const tool = container === "podman" ? "podman" : "docker";
  return `${tool} run --privileged --cgroupns=private ...; or run it on a virtual machine`;
}

/** By the files that the makers of containers leave, or what systemd notes of them (systemd's "Container Interface"). */
function containerKind(): string | null {
  if (existsSync("/run/.containerenv")) return "podman";
  const noted = readOrNull("/run/systemd/container")?.trim();
  const told = /(?:^|\0)container=([^\0]+)/.exec(readOrNull("/proc/1/environ") ?? "")?.[1];
  if (noted || told) return noted || told || null;
  // The file alone is in every machine that was made of an image for containers.
  if (
    existsSync("/.dockerenv") &&
    readMounts().some(({ point, type }) => point === "/" && type === "overlay")
  )
    return "docker";
  return null;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
