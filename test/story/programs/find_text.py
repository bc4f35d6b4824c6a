"""Finds a text, given on standard input, anywhere on this host: in what was written since it was made, in processes, units
and journals. Prints the places."""

import os
import stat
import subprocess
import sys

wanted = sys.stdin.buffer.read().strip()
found = set()
born = os.lstat("/etc/machine-id").st_mtime


def look(place, content):
    if wanted in content:
        found.add(place)


def read(path):
    try:
        about = os.lstat(path)
        if not stat.S_ISREG(about.st_mode) or (about.st_ctime < born and not path.startswith("/proc/")):
            return b""
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def run(*command):
    return subprocess.run(command, capture_output=True).stdout


for root in ["/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/var"]:
    for directory, names, files in os.walk(root):
        # Journals are read as journals: their files are compressed.
        names[:] = [name for name in names if os.path.join(directory, name) != "/var/log/journal"]
        for name in files:
            look(os.path.join(directory, name), read(os.path.join(directory, name)))
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ["cmdline", "environ"]:
        look(f"{name} of a process", read(f"/proc/{pid}/{name}"))
look("the journal", run("journalctl", "--namespace=*", "--output=export"))
look("the properties of units", run("systemctl", "show", "*"))
look("the units", run("systemctl", "cat", "*.service"))
print("\n".join(sorted(found)))
