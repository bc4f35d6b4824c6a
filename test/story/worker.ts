/** A small program with many manners, for stories about services: python3 worker.py MANNER. */
export const worker = `
import os, signal, socket, subprocess, sys, time

def say(*words, to=1):
    # A line in one write: journald ends a line where another process of the same stream begins to write.
    os.write(to, (" ".join(map(str, words)) + "\\n").encode())

def on(name, action):
    signal.signal(getattr(signal, name), lambda *_: (say(manner, "got", name), action()))

def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])

def rest():
    while True:
        signal.pause()

manner, args = sys.argv[1], sys.argv[2:]
# Before it says that it has started: what is sent to it from then on finds it prepared.
on("SIGTERM", lambda: None if manner == "stubborn" else sys.exit(0))
if manner == "asks":
    on("SIGINT", lambda: (say("terminal:", os.isatty(1), os.environ.get("TERM")), sys.exit(130)))
elif manner == "reloads":
    on("SIGHUP", lambda: None)
say(manner, "started", *args)

if manner == "fails":
    if os.path.exists("mended"):
        rest()
    say("the key is", open(os.environ["CREDENTIALS_DIRECTORY"] + "/KEY").read())
    say("the url is", os.environ["URL"])
    sys.exit(3)
elif manner == "ends":
    sys.exit(0)
elif manner == "parent":
    subprocess.Popen([sys.executable, __file__, "child"])
    rest()
elif manner == "beats":
    notify("READY=1")
    while True:
        notify("WATCHDOG=1")
        time.sleep(0.2)
elif manner == "asks":
    say("told on stderr", to=2)
    answer = sys.stdin.readline()
    if answer == "":
        rest()
    say("answer:", answer.strip(), os.isatty(1))
    sys.exit(7)
else:
    rest()
`;

/** Tells all that a program can see of how it runs, as one line of JSON. With --exit N it ends, otherwise it rests. */
export const surroundings = `
import json, os, signal, sys

def read(path):
    with open(path) as file:
        return file.read()

def listed(path):
    return {name: read(os.path.join(path, name)) for name in sorted(os.listdir(path))}

unit = os.path.basename(os.environ["CREDENTIALS_DIRECTORY"])
different = ("INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID")
status = dict(line.split(":", 1) for line in read("/proc/self/status").splitlines())
told = ("Uid Gid Groups NoNewPrivs Seccomp Seccomp_filters CapInh CapPrm CapEff CapBnd CapAmb Umask SigIgn").split()
mounts = []
for line in read("/proc/self/mountinfo").splitlines():
    before, after = line.split(" - ")
    point, options = before.split()[4:6]
    kind, _, more = after.split(" ", 2)
    mounts.append(" ".join([point, options, kind, more]))

facts = {
    "environment": {key: value for key, value in os.environ.items() if key not in different},
    "credentials": listed(os.environ["CREDENTIALS_DIRECTORY"]),
    "status": {key: status[key].strip() for key in told},
    "limits": read("/proc/self/limits"),
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
    "scheduler": os.sched_getscheduler(0),
    "oom": read("/proc/self/oom_score_adj"),
    "personality": read("/proc/self/personality"),
    "cgroup": read("/proc/self/cgroup"),
    "session": os.getsid(0) == os.getpid(),
    "cwd": os.getcwd(),
    "root": [mount for mount in mounts if mount.startswith("/ ")],
    "mounts": sorted(mounts),
    "network": os.readlink("/proc/self/ns/net"),
}
print(json.dumps(facts).replace(unit, "UNIT"), flush=True)
if "--exit" in sys.argv:
    sys.exit(int(sys.argv[-1]))
while True:
    signal.pause()
`;

/** Runs a program in a terminal of its own and presses Ctrl-C once it has said something: terminal.py TEXT PROGRAM... */
export const terminal = `
import os, pty, sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
pressed = False
try:
    while chunk := os.read(terminal, 4096):
        seen += chunk
        if not pressed and sys.argv[1].encode() in seen:
            os.write(terminal, b"\\x03")
            pressed = True
except OSError:
    pass
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
