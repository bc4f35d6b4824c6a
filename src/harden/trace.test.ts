import { expect, test } from "vitest";
import { readTrace } from "./trace.ts";

const trace = (...lines: string[]) => readTrace(lines.map((line) => `7 ${line}\n`).join(""));

test("files count as written when the call succeeded, also those relative to a directory", () => {
  const { written } = trace(
    'openat(AT_FDCWD</opt/app>, "data/x", O_WRONLY|O_CREAT, 0666) = 3</opt/app/data/x>',
    'openat(AT_FDCWD</opt/app>, "/etc/y", O_RDWR) = -1 EACCES (Permission denied)',
    'openat(AT_FDCWD</opt/app>, "read.me", O_RDONLY) = 3</opt/app/read.me>',
    'renameat2(5</opt/app/state>, "a.tmp", 5</opt/app/state>, "a", 0) = 0',
  );
  expect(written).toEqual(["/opt/app/data/x", "/opt/app/state/a", "/opt/app/state/a.tmp"]);
});

test("addresses of this machine are not other machines, but its resolver asks them", () => {
  const to = (port: number, address: string) =>
    `connect(4<socket:[1]>, {sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("${address}")}, 16) = 0`;
  expect(trace(to(80, "127.0.0.1")).reached).toEqual([]);
  expect(trace(to(53, "127.0.0.53")).reached).toEqual(["127.0.0.53:53"]);
  expect(trace(to(443, "192.0.2.1")).reached).toEqual(["192.0.2.1:443"]);
  const resolve =
    'connect(4, {sa_family=AF_UNIX, sun_path="/run/systemd/resolve/io.systemd.Resolve"}, 42) = 0';
  expect(trace(resolve).reached).toEqual(["name lookups"]);
  const listens =
    'bind(19<socket:[4]>, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::", &sin6_addr), sin6_scope_id=0}, 28) = 0';
  expect(trace(listens).listened).toEqual(["[::]:80"]);
});

test("memory that is written and then run is seen, and a library that is mapped is not taken for it", () => {
  const library =
    "mmap(NULL, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE, 3</usr/lib/libc.so.6>, 0) = 0x7f0000000000";
  expect(trace(library)).toMatchObject({ writesCode: null, ran: ["/usr/lib/libc.so.6"] });
  expect(trace("mprotect(0x1, 4096, PROT_READ|PROT_EXEC) = 0").writesCode).toBe(
    "mprotect(PROT_READ|PROT_EXEC)",
  );
});

test("a call that another process interrupted is put together again", () => {
  const text =
    '7 socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE <unfinished ...>\n8 execve("/usr/bin/true", ["true"], 0x1) = 0\n7 <... socket resumed>) = 3<NETLINK:[1]>\n';
  expect(readTrace(text)).toMatchObject({ families: ["AF_NETLINK"], ran: ["/usr/bin/true"] });
});

test("what cannot be understood is passed over", () => {
  expect(readTrace("\0\n7 +++ exited with 0 +++\n7 --- SIGCHLD {} ---\nnonsense").calls.size).toBe(0);
});
