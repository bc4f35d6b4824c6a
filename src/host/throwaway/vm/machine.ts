import { existsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { HoldfastError } from "../../../report/diagnostic.ts";
import { findProgram, isExecutable, missingForThrowaway } from "../machine.ts";
import { findKernel, type Kernel } from "./kernel.ts";
import { emulatorFor } from "./qemu.ts";

/** What a virtual machine is booted with. */
export type Tools = { kernel: Kernel; virtiofsd: string; busybox: string };

/** Debian 12 has it in qemu-system-common, later ones in a package of its own. */
const virtiofsdPlaces = ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd", "/usr/lib/virtiofsd"];
const packages: Readonly<Record<string, string>> = {
  busybox: "busybox-static",
  cpio: "cpio",
  mke2fs: "e2fsprogs",
  truncate: "coreutils",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
};

/** Throws everything at once that this machine lacks for a virtual one. */
export function assertMachineCanEmulate(lower: string): Tools {
  const missing = missingForThrowaway(lower);
  const lacks = (code: string, what: string, fix: string): void => {
    const summary = `Cannot boot a virtual machine: ${what}`;
    missing.push({ severity: "error", code: `throwaway/${code}`, summary, fix });
  };
  const emulator = emulatorFor(process.arch);
  if (emulator === null)
    lacks("no-emulator", `nobody has tried it on ${process.arch}`, "rehearse without --vm");
  const programs = emulator === null ? packages : { [emulator.program]: emulator.package, ...packages };
  for (const [name, package_] of Object.entries(programs))
    if (findProgram(name) === null)
      lacks("no-program", `the program ${name} is not installed`, `apt install ${package_}`);
  if (!existsSync(join(lower, "usr/sbin/sshd")))
    lacks("no-program", "it is entered through sshd, which is not installed", "apt install openssh-server");
  const virtiofsd = virtiofsdPlaces.find(isExecutable);
  if (virtiofsd === undefined)
    lacks(
      "no-program",
      "the program virtiofsd is not installed",
      "apt install virtiofsd, or qemu-system-common before Debian 13",
    );
  const { kernel, without } = findKernel(release());
  if (kernel === null)
    lacks(
      "no-kernel",
      noKernel(without),
      "apt install linux-image-cloud-amd64; it is only read, this machine need not boot it",
    );
  if (missing.length > 0)
    throw new HoldfastError([...new Map(missing.map((one) => [one.summary, one])).values()]);
  return { kernel: kernel!, virtiofsd: virtiofsd!, busybox: findProgram("busybox")! };
}

function noKernel(without: readonly { release: string; lacks: readonly string[] }[]): string {
  const [first] = without;
  return first
    ? `the kernel ${first.release} has no ${first.lacks.join(", ")}`
    : "there is no kernel with its modules in /boot and /lib/modules";
}
