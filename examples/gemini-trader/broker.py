"""A stand-in for the broker: GET /quotes streams a price and the VIX, GET /ping answers at once. Nothing is real.

Write into state/broker-fault: "silent" (the stream says nothing more, /ping answers), "hang" (accepts and never answers
anything) or "refuse" (does not listen at all). It is well again when the file is gone.
"""

import argparse
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULT = Path("state/broker-fault")


def fault() -> str:
    try:
        return FAULT.read_text().strip()
    except FileNotFoundError:
        return ""


class Handler(BaseHTTPRequestHandler):
    every = 0.5

    def do_GET(self) -> None:  # noqa: N802
        while fault() == "hang":
            time.sleep(0.1)
        self.send_response(200)
        self.end_headers()
        if self.path != "/quotes":
            self.wfile.write(b"pong\n")
            return
        price, chance = 100.0, random.Random(1)
        try:
            while fault() != "refuse":
                if fault() == "":
                    price = max(1.0, price * (1 + chance.gauss(0, 0.005)))
                    self.wfile.write(f"{price:.2f} {17 + chance.gauss(0, 3):.1f}\n".encode())
                    self.wfile.flush()
                time.sleep(self.every)
        except OSError:
            pass  # the bot has gone

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--every", type=float, default=0.5, metavar="SECONDS")
    args = parser.parse_args()
    Handler.every = args.every
    while True:
        with ThreadingHTTPServer(("127.0.0.1", args.port), Handler) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
            print("broker: listening", flush=True)
            while fault() != "refuse":
                time.sleep(0.1)
            server.shutdown()
        print("broker: not listening", flush=True)
        while fault() == "refuse":
            time.sleep(0.1)


if __name__ == "__main__":
    main()
