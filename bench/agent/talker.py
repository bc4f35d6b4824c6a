"""Writes lines on demand, numbered and of 100 bytes: "COUNT PER-SECOND" into /srv/go; says into /srv/done when it is through."""
import os
import time

filler = b"Position updated; " + b"x" * 68
sent = 0
print("ready", flush=True)
while True:
    with open("/srv/go") as orders:
        count, rate = map(int, orders.readline().split())
    began = time.monotonic()
    step = max(rate // 100, 100)
    for done in range(0, count, step):
        if rate:
            time.sleep(max(0, began + done / rate - time.monotonic()))
        todo = b"".join(b"%012d %s\n" % (sent + number, filler) for number in range(min(step, count - done)))
        while todo:
            todo = todo[os.write(1, todo) :]
        sent += step
    took = time.monotonic() - began
    with open("/srv/done", "w") as answer:
        answer.write(f"{time.time()} {took}\n")
