import { waitUntil, type World } from "./story.ts";

/** Tries to reach what is of the machine, and writes what it could into a file: "nothing", or a line for each. */
export const reachProgram = `
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
found = []
def tries(what, reach):
    try: reach(); found.append(what)
    except (OSError, IndexError): pass
def check(result):
    if result < 0 or (isinstance(result, int) and result == -1): raise OSError(ctypes.get_errno(), "refused")
def call(number, *words): check(libc.syscall(number, *words))
def unix(path):
    s = socket.socket(socket.AF_UNIX); s.settimeout(1); s.connect(path)
here = os.path.dirname(sys.argv[1]) + "/reach"
def mounted(kind, path, mode, source=b"none"):
    point = "%s-%s" % (here, kind)
    os.makedirs(point, exist_ok=True)
    check(libc.mount(source, point.encode(), kind.encode(), 0, None))
    try: os.close(os.open(point + path, mode))
    finally: libc.umount2(point.encode(), 2)
def permitted(number, *words):
    # Whoever may, is told what is wrong with the request.
    if libc.syscall(number, *words) < 0 and ctypes.get_errno() in (1, 13, 38): raise OSError(1, "refused")
def marked():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try: text = open("/proc/%s/cmdline" % pid, "rb").read()
        except OSError: continue
        if b"machine-marker" in text and int(pid) != os.getpid(): return int(pid)
    raise OSError(2, "no such process")
def canary(): os.stat("/proc/%d/root/srv/machine.sock" % marked())
tries("the internet", lambda: socket.create_connection(("198.51.100.1", 443), 1))
tries("a name", lambda: socket.getaddrinfo("example.org", 443))
tries("a port of the machine", lambda: socket.create_connection(("127.0.0.1", 8299), 1))
tries("a socket of the machine", lambda: unix("/srv/machine.sock"))
tries("an abstract socket of the machine", lambda: unix("\\0machine"))
tries("the bus of the machine", lambda: unix("/run/machine-bus"))
tries("the record of the machine", lambda: open("/var/lib/holdfast/canary"))
tries("the keys of its root", lambda: open("/root/.ssh/id_canary"))
tries("its credentials", lambda: open("/etc/credstore/canary"))
tries("a process of the machine", marked)
tries("its files by a process", canary)
# PTRACE_SEIZE stops nobody.
tries("a process, to trace it", lambda: call(101, 0x4206, marked(), 0, 0))
tries("a kernel setting", lambda: os.close(os.open("/proc/sys/vm/swappiness", os.O_WRONLY)))
tries("kernel settings, mounted anew", lambda: mounted("proc", "/sys/vm/swappiness", os.O_WRONLY))
tries("sysrq", lambda: os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY)))
tries("devices in /sys", lambda: os.close(os.open("/sys/kernel/mm/ksm/run", os.O_WRONLY)))
tries("devices in /sys, mounted anew", lambda: mounted("sysfs", "/kernel/mm/ksm/run", os.O_WRONLY))
tries("a list of devices", lambda: mounted("devtmpfs", "/null", os.O_RDONLY))
tries("the kernel's insides", lambda: mounted("debugfs", "/", os.O_RDONLY))
tries("a disk", lambda: os.close(os.open([p for p in ("/dev/vda", "/dev/sda", "/dev/nvme0n1") if os.path.exists(p)][0], os.O_RDONLY)))
tries("a disk, by its number", lambda: os.mknod(here + "-disk", 0o060600, os.makedev(254, 0)))
tries("a key of the machine", lambda: call(250, 10, -4, b"user", b"holdfast-canary", 0))
tries("the log of the kernel", lambda: call(103, 3, ctypes.create_string_buffer(64), 64))
tries("a module", lambda: permitted(313, -1, b"", 0))
tries("another kernel", lambda: permitted(246, 0, 0, None, 0xdead))
open(sys.argv[1], "w").write("\\n".join(found) or "nothing")
`;

/** What the program finds where nothing is in its way, on any kernel: its own proof that it can. */
const within = [
  "a port of the machine",
  "a socket of the machine",
  "an abstract socket of the machine",
  "the bus of the machine",
  "the record of the machine",
  "the keys of its root",
  "its credentials",
  "a process of the machine",
  "its files by a process",
  "a process, to trace it",
  "kernel settings, mounted anew",
  "a list of devices",
  "a key of the machine",
];

/** A program of the machine: it listens, and has a key in the kernel's keyring of its user. */
const listener = `
import ctypes, os, socket, time
held = []
for kind, at in [(socket.AF_UNIX, "/srv/machine.sock"), (socket.AF_UNIX, "\\0machine"), (socket.AF_UNIX, "/run/machine-bus"), (socket.AF_INET, ("127.0.0.1", 8299))]:
    if isinstance(at, str) and os.path.exists(at): os.unlink(at)
    s = socket.socket(kind); s.bind(at); s.listen(); held.append(s)
for path in ["/srv/machine.sock", "/run/machine-bus"]: os.chmod(path, 0o777)
libc = ctypes.CDLL(None)
key = libc.syscall(248, b"user", b"holdfast-canary", b"x", 1, -4)
open("/srv/ready", "w").close()
try: input()
finally: libc.syscall(250, 9, key, -4)
`;

/** A machine with things to reach: what listens, what is secret, what runs. */
export async function startMachine({ host, run }: World) {
  await run("mkdir -p /srv").succeeds();
  await host.write("/root/.ssh/id_canary", "key", 0o600);
  await host.write("/etc/credstore/canary", "credential", 0o600);
  await host.write("/var/lib/holdfast/canary", "record", 0o644);
  await run("rm -f /srv/ready").succeeds();
  const holder = await host.spawn(["python3", "-c", listener, "machine-marker"]);
  const ended = new Promise((resolve) => holder.once("close", resolve));
  await waitUntil("the machine listens", () => host.exists("/srv/ready"));
  return {
    within,
    /** What a program wrote on the first copy that is there, as soon as it did. */
    findOnCopy: async (path: string): Promise<string> => {
      const look = `for i in $(seq 1800); do for f in /proc/[0-9]*/root${path}; do [ -s "$f" ] && cat "$f" && exit 0; done; sleep 0.1; done; exit 1`;
      return (await run(["sh", "-c", look], { timeout: 200_000 })).stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      holder.stdin?.end();
      await ended;
    },
  };
}
