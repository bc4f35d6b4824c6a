"""Takes ever more of one thing, once it is told to by a file called go, and writes what stopped it."""

import os
import signal
import sys
import time

kind, directory = sys.argv[1], sys.argv[2]


def say(text):
    with open(f"{directory}/{kind}.new", "w") as file:
        file.write(text)
    os.rename(f"{directory}/{kind}.new", f"{directory}/{kind}")


def take_memory():
    held = []
    while True:
        held.append(bytearray(b"\1") * (4 << 20))


def take_time():
    while True:
        pass


def take_tasks():
    children = []
    try:
        while len(children) < 1000:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
        say(f"nothing stopped it at {len(children)}")
    except OSError as error:
        say(f"{error.strerror} after {len(children)}")


def take_files():
    held = []
    try:
        while len(held) < 100_000:
            held.append(open("/dev/null"))
        text = f"nothing stopped it at {len(held)}"
    except OSError as error:
        text = f"{error.strerror} after {len(held)}"
    held.clear()
    say(text)


while not os.path.exists(f"{directory}/go"):
    time.sleep(0.02)
print(f"taking {kind}")
{"memory": take_memory, "time": take_time, "tasks": take_tasks, "files": take_files}[kind]()
signal.pause()
