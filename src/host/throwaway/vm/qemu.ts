import { join } from "node:path";

/** kvm: by the processor itself. tcg: emulated, some twenty times slower. */
export type Accelerator = "kvm" | "tcg";

/** What a virtual machine is made of; every path is this machine's. */
export type MachinePlan = {
  architecture: string;
  /** Where its sockets and its console log are. */
  directory: string;
  image: string;
  initramfs: string;
  disk: string;
  /** Mebibytes. */
  memory: number;
  cpus: number;
  accelerator: Accelerator;
  /** What the clock of the hardware shows when it is switched on. */
  clock: Date;
};

type Emulator = { program: string; package: string; machine: string; console: string };

const emulators: Readonly<Record<string, Emulator>> = {
  x64: { program: "qemu-system-x86_64", package: "qemu-system-x86", machine: "q35", console: "ttyS0" },
  arm64: { program: "qemu-system-aarch64", package: "qemu-system-arm", machine: "virt", console: "ttyAMA0" },
};

/** The emulator for programs of this machine; null for an architecture that nobody has tried. */
export function emulatorFor(architecture: string): Emulator | null {
  return emulators[architecture] ?? null;
}

export const sharedSocket = "tree";
export const doorSocket = "door";

/**
 * The command line of qemu(1). Neither a network nor any disk of this machine: a shared tree, a disk above it, a serial port as
 * the door. It ends when the machine inside restarts.
 */
export function qemuCommand(plan: MachinePlan): string[] {
  const { program, machine, console } = emulators[plan.architecture]!;
  const at = (name: string): string => join(plan.directory, name);
  const size = `${plan.memory}M`;
  const options: readonly (readonly string[])[] = [
    ["-no-user-config", "-nodefaults", "-no-reboot"],
    ["-display", "none"],
    ["-machine", machine],
    ["-accel", plan.accelerator === "kvm" ? "kvm" : "tcg,thread=multi"],
    ["-cpu", "max", "-smp", String(plan.cpus), "-m", size],
    ["-object", `memory-backend-memfd,id=memory,size=${size},share=on`, "-numa", "node,memdev=memory"],
    ["-nic", "none"],
    ["-rtc", `base=${plan.clock.toISOString().slice(0, 19)},clock=host`],
    ["-kernel", plan.image, "-initrd", plan.initramfs],
    ["-append", `console=${console} quiet panic=-1 systemd.show_status=auto apparmor=1 security=apparmor`],
    ["-chardev", `file,id=console,path=${at("console.log")},append=on`, "-serial", "chardev:console"],
    ["-chardev", `socket,id=tree,path=${at(sharedSocket)}`],
    ["-device", "vhost-user-fs-pci,chardev=tree,tag=tree"],
    ["-drive", `file=${plan.disk},if=none,id=above,format=raw,cache=unsafe,discard=unmap`],
    ["-device", "virtio-blk-pci,drive=above"],
    ["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"],
    ["-chardev", `socket,id=door,path=${at(doorSocket)},server=on,wait=off`],
    ["-device", "virtserialport,chardev=door,name=holdfast.door"],
  ];
  return [program, ...options.flat()];
}

/** The command line of virtiofsd, of which there are two programs with the same options: QEMU's, and the one that came after it. */
export function sharedTreeCommand(program: string, directory: string, tree: string): string[] {
  const options = [`source=${tree}`, "cache=always", "sandbox=chroot", "xattr"];
  return [
    program,
    `--socket-path=${join(directory, sharedSocket)}`,
    ...options.flatMap((option) => ["-o", option]),
  ];
}
