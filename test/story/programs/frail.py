"""Ends in the way that the next word of its plan says, and runs on when there is none left."""

import os
import signal
import sys
import time

PLAN = "state/plan"
words = open(PLAN).read().split() if os.path.exists(PLAN) else []
with open(PLAN, "w") as plan:
    plan.write(" ".join(words[1:]))
word = words[0] if words else "stay"
print(f"this time: {word}", flush=True)
if word == "oom":
    held = []
    while True:
        held.append(bytearray(4 << 20))
        time.sleep(0.001)
if word == "segv":
    os.kill(os.getpid(), signal.SIGSEGV)
if word == "exit":
    print("ERROR no market data", flush=True)
    sys.exit(1)
if word == "fork":
    # Beyond TasksMax=, fork(2) is refused.
    try:
        while True:
            if os.fork() == 0:
                time.sleep(600)
    except BlockingIOError:
        print("no more children", flush=True)
while True:
    time.sleep(600)
