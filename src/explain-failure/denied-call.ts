import { systemCallNames } from "./system-call-table.ts";

/** A system call that the kernel ended a process for. */
export type DeniedCall = {
  /** Milliseconds since the epoch; null when the line does not say. */
  at: number | null;
  number: number;
  /** The kernel's name for it; null for a call or an architecture that is not in our tables. */
  name: string | null;
  architecture: string;
  /** Name of the process ("" for the main one), and its program. */
  process: string;
  program: string;
  /** The narrowest of systemd's groups that has it, such as "@mount"; null when none has. */
  group: string | null;
};

/** AUDIT_ARCH_* of linux/audit.h. */
const architectures: Readonly<Record<string, string>> = {
  c000003e: "x86_64",
  "40000003": "i386",
  c00000b7: "aarch64",
  "40000028": "arm",
  c00000f3: "riscv64",
};

/** A line of the kernel's audit about a filter that ended a process (AUDIT_SECCOMP, 1326), in its own form or auditd's. */
export function parseDenied(line: string): DeniedCall | null {
  if (!/type=1326|SECCOMP/.test(line) || !/\bsig=31\b/.test(line)) return null;
  const field = (name: string): string =>
    (new RegExp(`\\b${name}=("[^"]*"|\\S+)`).exec(line)?.[1] ?? "").replaceAll('"', "");
  const number = Number(field("syscall"));
  if (field("syscall") === "" || !Number.isInteger(number)) return null;
  const code = field("arch");
  const architecture = architectures[code] ?? `architecture ${code}`;
  const seconds = /audit\((\d+\.\d+):/.exec(line)?.[1];
  return {
    at: seconds === undefined ? null : Math.round(Number(seconds) * 1000),
    number,
    name: nameOf(architecture, number),
    architecture,
    process: field("comm"),
    program: field("exe"),
    group: null,
  };
}

function nameOf(architecture: string, number: number): string | null {
  const names = (systemCallNames as Readonly<Record<string, string>>)[architecture]?.split(" ");
  const name = names?.[number];
  return name === undefined || name === "-" ? null : name;
}

/** These name no purpose, or nearly everything. */
const tooWide: ReadonlySet<string> = new Set(["@default", "@known", "@system-service"]);

/** The smallest group of `systemd-analyze syscall-filter` that lists a call itself. */
export function groupOf(call: string, listing: string): string | null {
  let best: { name: string; size: number } | null = null;
  for (const block of listing.split(/^(?=@)/m)) {
    const [name = "", ...lines] = block.split("\n").map((line) => line.trim());
    const calls = lines.filter((line) => line !== "" && !line.startsWith("#"));
    if (name.startsWith("@") && !tooWide.has(name) && calls.includes(call))
      if (best === null || calls.length < best.size) best = { name, size: calls.length };
  }
  return best?.name ?? null;
}
