"""Writes to its log what it is told through a named pipe, so that a story decides what is in the log and when."""

import base64
import os
import sys

PIPE = "state/say"
if not os.path.exists(PIPE):
    os.mkfifo(PIPE)
print("quill is up", flush=True)
while True:
    with open(PIPE) as lines:
        for line in lines:
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "bulk":
                for _ in range(int(rest)):
                    print(base64.b64encode(os.urandom(6000)).decode())
                print("bulk is written", flush=True)
            elif word == "stderr":
                print(rest, file=sys.stderr, flush=True)
            else:
                print(line.rstrip("\n"), flush=True)
