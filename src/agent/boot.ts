import { readFileSync } from "node:fs";

/**
 * Names this boot of the host. The kernel's own name is not enough: where /proc is mounted anew (by ProtectControlGroups=
 * and its kin) inside of a container, it is that of the machine around it, so the start of PID 1 goes with it.
 */
export function readBoot(): string {
  const kernel = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  // Fields of proc(5) after the name, which may have blanks and brackets; starttime is the 22nd of all.
  const fields = readFileSync("/proc/1/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return `${kernel} ${fields[19]}`;
}
