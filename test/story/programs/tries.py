"""Tries what a sandbox may deny. Writes what came of each attempt, "ok" or the error's name, to the file it is given, and stays."""

import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, PER_LINUX32, PTRACE_TRACEME, SIZE_OF_KERNEL_LOG, NOBODY = 0x10000000, 0x0008, 0, 10, 0x3FFFFFFF
here = os.path.dirname(os.path.abspath(__file__))
report = sys.argv[1]
own = os.path.dirname(report)
control_groups = "/sys/fs/cgroup/pids" if os.path.isdir("/sys/fs/cgroup/pids") else "/sys/fs/cgroup"


def call(name, *arguments):
    """A function of libc, by its name, that may be denied."""
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def write(path, text="was here\n"):
    with open(path, "w") as file:
        file.write(text)


def write_again(path):
    with open(path) as file:
        text = file.read()
    write(path, text)


def read(path):
    with open(path) as file:
        file.read()


def make_and_remove_directory(path):
    os.mkdir(path)
    os.rmdir(path)


def mount_and_unmount():
    target = tempfile.mkdtemp(dir="/tmp")
    call("mount", b"none", target.encode(), b"tmpfs", 0, None)
    call("umount", target.encode())


def run(*command):
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode != 0:
        raise OSError(0, ended.stderr.strip())


def make_setuid_file():
    path = f"{own}/setuid"
    write(path)
    os.chmod(path, 0o4755)


def become_root():
    if subprocess.run([f"{here}/setuid-id", "-u"], capture_output=True, text=True).stdout != "0\n":
        raise OSError(errno.EPERM, "a setuid program does not run as root")


def ask_for_real_time():
    """For nobody: the kernel may have reasons of its own to deny it to somebody (cgroups(7), cpu.rt_runtime_us)."""
    try:
        os.sched_setscheduler(NOBODY, os.SCHED_FIFO, os.sched_param(1))
    except ProcessLookupError:
        pass


attempts = {
    "write /etc": lambda: write("/etc/tries-was-here"),
    "write /usr": lambda: write("/usr/tries-was-here"),
    "write /home": lambda: write("/home/everyone/tries-was-here"),
    "write its own code": lambda: write(f"{here}/everyones-code"),
    "write its data": lambda: write(f"{own}/data"),
    "write a temporary file": lambda: write(f"/tmp/tries-{os.path.basename(own)}-{os.getuid()}"),
    "write a sysctl": lambda: write_again("/proc/sys/net/ipv4/ip_default_ttl"),
    "make a control group": lambda: make_and_remove_directory(f"{control_groups}/tries"),
    "read a kernel module": lambda: read("/usr/lib/modules/tries/module"),
    "see /dev/console": lambda: os.stat("/dev/console"),
    "see other processes": lambda: os.stat("/proc/1/comm"),
    "make a namespace": lambda: call("unshare", CLONE_NEWUSER),
    "mount in its own namespace": lambda: run("unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/tmp"),
    "run in real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "ask for real time": ask_for_real_time,
    "lower its priority": lambda: os.nice(1),
    "change its personality": lambda: call("personality", PER_LINUX32),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM),
    "open an internet socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "reach the host": lambda: socket.create_connection(("127.0.0.1", 9300)),
    "list network interfaces": socket.if_nameindex,
    "be traced": lambda: call("ptrace", PTRACE_TRACEME, 0, 0, 0),
    "mount": mount_and_unmount,
    "set the host name": lambda: call("sethostname", (name := os.uname().nodename.encode()), len(name)),
    "look at the kernel log": lambda: call("klogctl", SIZE_OF_KERNEL_LOG, None, 0),
    "make a setuid file": make_setuid_file,
    "become root": become_root,
    "write and execute memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
}


def outcome(attempt):
    """Each attempt has a process of its own, so that a killed one is seen and none changes the next."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            attempt()
            said = "ok"
        except OSError as error:
            said = errno.errorcode.get(error.errno, error.strerror)
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return f"killed by {signal.Signals(status & 0x7F).name}" if os.WIFSIGNALED(status) else said


found = {name: outcome(attempt) for name, attempt in attempts.items()}
write(f"{report}.new", json.dumps(found, indent=1))
os.rename(f"{report}.new", report)
if "--once" not in sys.argv:
    signal.pause()
