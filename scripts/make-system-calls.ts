import { readFileSync, writeFileSync } from "node:fs";

// Makes src/explain-failure/system-call-table.ts from the kernel's headers for programs (Debian: linux-libc-dev), for a newer kernel:
//   node scripts/make-system-calls.ts

/** The kernel's numbers by architecture. Those of aarch64 are the generic ones (asm-generic/unistd.h). */
const headers = {
  x86_64: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
  aarch64: "/usr/include/asm-generic/unistd.h",
};

/** "#define __NR_read 0", and "#define __NR3264_lseek 62" for what 64-bit machines call lseek. */
function namesIn(path: string): string {
  const text = readFileSync(path, "utf8");
  const names: string[] = [];
  for (const [, wide, name, number] of text.matchAll(/^#define __NR(3264)?_(\w+) (\d+)$/gm))
    if (name !== "syscalls" && name !== "arch_specific_syscall")
      names[Number(number)] = wide === undefined ? name! : wideName(text, name!);
  return Array.from(names, (name) => name ?? "-").join(" ");
}

function wideName(text: string, name: string): string {
  return new RegExp(`^#define __NR_(\\w+) __NR3264_${name}$`, "m").exec(text)?.[1] ?? name;
}

const tables = Object.entries(headers).map(
  ([architecture, path]) => `  ${architecture}:\n    "${namesIn(path)}",`,
);
writeFileSync(
  "src/explain-failure/system-call-table.ts",
  `// Made by scripts/make-system-calls.ts from the kernel's headers for programs: asm/unistd_64.h and asm-generic/unistd.h.

/** Names of system calls, one for each number from 0 on; "-" where there is none. */
export const systemCallNames = {
${tables.join("\n")}
} as const;
`,
);
