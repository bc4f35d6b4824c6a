"""A stand-in for the exchange and the RPC node: the same seed gives the same prices, and nothing is real.

GET /price and /vix   one step of a random walk       POST /orders  fills a signed order, each id once
GET /health           {"status": "ok"}                POST /        JSON-RPC eth_blockNumber, one block in 2 s
"""

import argparse
import json
import random
import re
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FIRST_BLOCK = 50_000_000
SECONDS_PER_BLOCK = 2
SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")


class Market:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._price = 100.0
        self._vix = 17.0
        self._filled: dict[str, dict[str, Any]] = {}
        self._started = time.monotonic()

    def price(self) -> dict[str, Any]:
        with self._lock:
            self._price = max(1.0, self._price * (1 + self._random.gauss(0, 0.005)))
            return {"symbol": "POLY", "price": round(self._price, 2)}

    def vix(self) -> dict[str, Any]:
        with self._lock:
            self._vix = min(40.0, max(10.0, self._vix + self._random.gauss(0, 0.3)))
            return {"vix": round(self._vix, 1)}

    def fill(self, order: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            if order["id"] not in self._filled:
                self._filled[order["id"]] = {**order, "status": "filled"}
                print(f"filled {order['quantity']:+d} at {order['price']}", flush=True)
            return self._filled[order["id"]]

    def block(self) -> int:
        return FIRST_BLOCK + int((time.monotonic() - self._started) / SECONDS_PER_BLOCK)


def handler_for(market: Market) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/price":
                self._answer(200, market.price())
            elif self.path == "/vix":
                self._answer(200, market.vix())
            elif self.path == "/health":
                self._answer(200, {"status": "ok"})
            else:
                self._answer(404, {"error": "no such page"})

        def do_POST(self) -> None:
            try:
                request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                self._answer(*(self._order(request) if self.path == "/orders" else self._rpc(request)))
            except (ValueError, KeyError, TypeError) as error:
                self._answer(400, {"error": f"bad request: {error}"})

        def _order(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            if not SIGNATURE.fullmatch(self.headers.get("X-Signature", "")):
                return 401, {"error": "X-Signature must be sha256= and 64 hexadecimal digits"}
            return 200, market.fill(order)

        def _rpc(self, call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            reply = {"jsonrpc": "2.0", "id": call.get("id")}
            if call["method"] != "eth_blockNumber":
                return 200, {**reply, "error": {"code": -32601, "message": "method not found"}}
            return 200, {**reply, "result": hex(market.block())}

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode() + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Only fills are worth a line."""

    return Handler


def stop(signum: int, frame: object) -> None:
    sys.exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    server = ThreadingHTTPServer(("127.0.0.1", args.port), handler_for(Market(args.seed)))
    print(f"market open on 127.0.0.1:{args.port}, seed {args.seed}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
