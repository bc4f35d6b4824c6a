"""A service that does as it is ordered: the file data/orders says what, in JSON."""

import json, os, socket, sqlite3, sys, time

beat = os.environ["HOLDFAST_BEAT"]
held, sockets, text, orders = b"", [], "", {}

database = sqlite3.connect("data/trades.db")
database.execute("PRAGMA journal_mode = WAL")
database.execute("CREATE TABLE IF NOT EXISTS trades (id INTEGER PRIMARY KEY, symbol TEXT)")
database.execute("CREATE INDEX IF NOT EXISTS by_symbol ON trades (symbol)")
database.executemany("INSERT INTO trades (symbol) VALUES (?)", [(f"SYMBOL{i}",) for i in range(20)])
database.commit()
database.close()


def obey():
    global held, sockets
    size = orders.get("hold", 0) * 1024 * 1024
    if len(held) != size:
        held = b""
        held = b"x" * size
    while len(sockets) > orders.get("connections", 0):
        sockets.pop().close()
    while len(sockets) < orders.get("connections", 0):
        sockets.append(socket.create_connection(("127.0.0.1", 9443)))
    if orders.get("say"):
        print(orders["say"], file=sys.stderr, flush=True)
    if orders.get("write"):
        with open("data/bot.log", "a") as log:
            log.write(orders["write"] + "\n")
    if orders.get("beat"):
        with open(beat, "w"):
            pass
    until = time.monotonic() + 0.1
    while orders.get("burn") and time.monotonic() < until:
        pass


while True:
    try:
        with open("data/orders") as file:
            orders = json.load(file)
    except (OSError, ValueError):
        pass
    obey()
    if not orders.get("burn"):
        time.sleep(0.1)
