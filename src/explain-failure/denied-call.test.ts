import { expect, test } from "vitest";
import { groupOf, parseDenied } from "./denied-call.ts";

const line = (arch: string, number: number): string =>
  `[  441.755420] audit: type=1326 audit(1795988678.084:2): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=9842 comm="python3" exe="/usr/bin/python3.11" sig=31 arch=${arch} syscall=${number} compat=0 ip=0x7f5be8578dc7 code=0x80000000`;

test.each([
  ["c000003e", 41, "x86_64", "socket"],
  ["c000003e", 165, "x86_64", "mount"],
  ["c00000b7", 198, "aarch64", "socket"],
  ["c00000b7", 40, "aarch64", "mount"],
  ["c00000b7", 79, "aarch64", "newfstatat"],
  ["40000003", 5, "i386", null],
  ["c000003e", 4000, "x86_64", null],
])("the call has the name of its architecture: %s %d", (arch, number, architecture, name) => {
  expect(parseDenied(line(arch, number))).toMatchObject({
    at: 1_795_988_678_084,
    number,
    architecture,
    name,
    process: "python3",
    program: "/usr/bin/python3.11",
  });
});

test("auditd's own form is read too, and other lines are not", () => {
  const own = `SECCOMP auid=1 uid=0 gid=0 ses=1 pid=9 comm="x" exe="/x" sig=31 arch=c000003e syscall=101 compat=0 ip=0x1 code=0x80000000`;
  expect(parseDenied(own)).toMatchObject({ at: null, name: "ptrace" });
  // Only logged: the process went on.
  expect(parseDenied(line("c000003e", 41).replace("sig=31", "sig=0"))).toBeNull();
  expect(parseDenied("audit: type=1400 apparmor=DENIED sig=31 syscall=1")).toBeNull();
  expect(parseDenied(line("c000003e", 41).replace("syscall=41", ""))).toBeNull();
});

const listing = `@default
    # System calls that are always permitted
    read

@known
    mount
    read

@mount
    # Mounting and unmounting of file systems
    mount
    umount

@privileged
    # All system calls which need super-user capabilities
    @clock
    mount
    chroot
    acct
`;

test("the narrowest group that lists a call is told", () => {
  expect(groupOf("mount", listing)).toBe("@mount");
  expect(groupOf("acct", listing)).toBe("@privileged");
  expect(groupOf("read", listing)).toBeNull();
});
