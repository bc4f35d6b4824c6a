import type { Host } from "../host/host.ts";
import type { Runtime } from "../spec/defaults.ts";

/** Why the kernel would not run a program, and what to do about it. */
export type ProgramTrouble = {
  kind:
    | "no-program"
    | "not-executable"
    | "no-interpreter"
    | "carriage-return"
    | "not-on-this-mount"
    | "no-first-line"
    | "other-architecture";
  says: string;
  fix: string;
};

/** Longer than any script, and shorter than what would have to be read of an interpreter. */
const longestScript = 256 * 1024;

/**
 * Looks at what execve(2) would look at: the file is there, may be executed, and so is the interpreter of its first line.
 * null when all is well, and for a bare name, which systemd looks for by itself.
 */
export async function programTrouble(
  host: Host,
  { program, runtime }: { program: string; runtime: Runtime },
): Promise<ProgramTrouble | null> {
  if (!program.startsWith("/")) return null;
  const real = await host.files.realPath(program);
  if (real === null) {
    const broken = (await host.files.stat(program))?.kind === "link";
    return {
      kind: "no-program",
      says: `${program} ${broken ? "is a link to something that is gone" : "does not exist"}`,
      fix:
        runtime === "python" && program.includes("/bin/python")
          ? `make the virtual environment: python3 -m venv ${program.replace(/\/bin\/[^/]+$/, "")}`
          : "build or install it, or change run:",
    };
  }
  const size = await sizeIfExecutable(host, real);
  if (size === null)
    return {
      kind: "not-executable",
      says: `${program} is not an executable file`,
      fix: `chmod +x ${program}`,
    };
  if (size > longestScript) return null;
  const firstLine = /^#!\s*([^\n]*)/.exec((await host.files.read(real)) ?? "")?.[1];
  const [interpreter] = /^\/\S+/.exec(firstLine ?? "") ?? [];
  if (interpreter === undefined) return null;
  if (firstLine!.endsWith("\r"))
    return {
      kind: "carriage-return",
      says: `the first line of ${program} ends with a carriage return (CRLF, as Windows writes it), so its interpreter "${interpreter}\\r" does not exist`,
      fix: `sed -i 's/\\r$//' ${program}`,
    };
  const found = await host.files.realPath(interpreter);
  if (found !== null && (await sizeIfExecutable(host, found)) !== null) return null;
  return {
    kind: "no-interpreter",
    says: `${program} is to be run by ${interpreter}, which ${found === null ? "does not exist" : "is not an executable file"}`,
    fix: `install ${interpreter}, or correct the first line of ${program}`,
  };
}

async function sizeIfExecutable(host: Host, path: string): Promise<number | null> {
  const stat = await host.files.stat(path);
  return stat?.kind === "file" && (stat.mode & 0o111) !== 0 ? stat.size : null;
}

/**
 * What makes execve(2) refuse a program that is there and executable: a mount without execution, a script without a
 * first line, or a program for another processor. Asked only after a start has failed, because it has to look into the file.
 */
export async function executionTrouble(host: Host, program: string): Promise<ProgramTrouble | null> {
  const real = (await host.files.realPath(program)) ?? program;
  const mount = mountOf(real, (await host.files.read("/proc/self/mountinfo")) ?? "");
  if (mount?.options.includes("noexec"))
    return {
      kind: "not-on-this-mount",
      says: `${program} is on ${mount.point}, which is mounted noexec: nothing can be run from there`,
      fix: `move the program elsewhere, or: mount -o remount,exec ${mount.point}, and take noexec out of /etc/fstab`,
    };
  const [head, machine] = await Promise.all([
    host.run(["od", "-An", "-v", "-tx1", "-N20", real]),
    host.run(["uname", "-m"]),
  ]);
  if (head.status !== 0) return null;
  return judgeHead(program, head.stdout.trim().split(/\s+/), machine.stdout.trim());
}

/** e_machine of elf(5) in the names of uname(2). */
const machines: Readonly<Record<number, string>> = {
  0x03: "i686",
  0x28: "arm",
  0x3e: "x86_64",
  0xb7: "aarch64",
  0xf3: "riscv64",
};

/** From the first 20 bytes, in hexadecimal digits. */
function judgeHead(program: string, bytes: readonly string[], machine: string): ProgramTrouble | null {
  const magic = bytes.slice(0, 4).join("");
  if (magic === "7f454c46") {
    const number = Number.parseInt(`${bytes[19]}${bytes[18]}`, 16);
    const built = machines[number] ?? `machine number ${number}`;
    if (built === machine || (machine.startsWith("arm") && built === "arm")) return null;
    return {
      kind: "other-architecture",
      says: `${program} is built for ${built}, and this machine is ${machine}`,
      fix: `build or download it for ${machine}`,
    };
  }
  if (magic.startsWith("2321")) return null;
  return {
    kind: "no-first-line",
    says:
      bytes[0] === ""
        ? `${program} is empty`
        : `${program} is neither a program for this machine nor a script: its first line does not begin with #!`,
    fix: `write the interpreter into its first line, such as #!/bin/sh`,
  };
}

/** The mount that a path is on: the longest point that it lies below, and of equal ones the last (proc_pid_mountinfo(5)). */
function mountOf(path: string, mountinfo: string): { point: string; options: readonly string[] } | undefined {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, , , , point = "", options = ""]) => ({ point, options: options.split(",") }))
    .filter(({ point }) => point !== "" && (point === "/" || path === point || path.startsWith(`${point}/`)))
    .toSorted((a, b) => a.point.length - b.point.length)
    .at(-1);
}
