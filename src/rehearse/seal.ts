import { serviceUnit } from "../compile/names.ts";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import type { Spec } from "../spec/spec.ts";

/**
 * What root of the copy could do to the machine, because the kernel has only one of it: mount its disks and kernel settings, load or
 * boot another kernel, open files by their numbers. Other users have none of it.
 */
const reachOut = [
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_TIME",
  "CAP_MKNOD",
  "CAP_DAC_READ_SEARCH",
  "CAP_BPF",
  "CAP_PERFMON",
  "CAP_SYSLOG",
  "CAP_MAC_ADMIN",
];

/**
 * Takes the powers over the machine away from programs of the application that run as root on the copy, and the kernel's keyrings of
 * root, which are those of the machine. In the vendor's directory, where drop-ins of packages are. Returns what is otherwise by it, for
 * the report. A user other than root has none of this, unless a program is setuid.
 */
export async function sealServices(host: ThrowawayHost, spec: Spec): Promise<string[]> {
  if ((spec.user ?? "root") !== "root") return [];
  // As a kernel without keyrings says it; with the number that a unit has for all other calls no filter could be made.
  const text = `[Service]\nCapabilityBoundingSet=~${reachOut.join(" ")}\nSystemCallFilter=~@keyring:ENOSYS\n`;
  for (const name of [...Object.keys(spec.services), ...Object.keys(spec.jobs)])
    await host.write(`/usr/lib/systemd/system/${serviceUnit(spec, name)}.d/copy.conf`, text);
  return [
    `programs of root cannot mount, nor use other powers over the kernel (${reachOut.slice(0, 2).join(", ")}, ...)`,
  ];
}
