"""Prints a line every 200 ms, and beats when systemd or Holdfast listens: app.py FILE-FOR-ITS-STARTS."""
import os
import sys
import time

# First of all, so that a start counts from the first line of the program and not from what it does later.
with open(sys.argv[1], "a") as starts:
    starts.write(f"{time.time_ns()} {os.getpid()}\n")

import socket

listener = os.environ.get("NOTIFY_SOCKET")
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if listener else None
beat = os.environ.get("HOLDFAST_BEAT")

number = 0
while True:
    number += 1
    print(f"tick {number}", flush=True)
    if notify:
        notify.sendto(b"WATCHDOG=1", listener.replace("@", "\0", 1) if listener[0] == "@" else listener)
    if beat:
        open(beat, "w").close()
    time.sleep(0.2)
