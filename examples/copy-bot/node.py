"""A stand-in for the RPC node: JSON-RPC over HTTP, a block every few seconds, and in each a trade of the leader.

Write into state/node-fault: "stuck" (answers, but no new blocks), "error" (HTTP 200 with an error in it), "hang" (accepts
and never answers) or "refuse" (does not listen at all). It is well again when the file is gone.
"""

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FAULT = Path("state/node-fault")
FIRST_BLOCK = 50_000_000
PAIRS = ("WETH/USDC", "WBTC/USDC", "MATIC/USDC")
MOST_AT_ONCE = 100


def fault() -> str:
    try:
        return FAULT.read_text().strip()
    except FileNotFoundError:
        return ""


class Chain:
    def __init__(self, every: float) -> None:
        self._every = every
        self._began = time.monotonic()
        self._height = FIRST_BLOCK

    def height(self) -> int:
        if fault() != "stuck":
            self._height = FIRST_BLOCK + int((time.monotonic() - self._began) / self._every)
        return self._height

    def trades(self, after: int) -> list[dict[str, Any]]:
        first = max(after + 1, self.height() - MOST_AT_ONCE)
        return [
            {"id": f"leader-{block}", "block": block, "pair": PAIRS[block % len(PAIRS)], "amount": 1 + block % 7}
            for block in range(first, self.height() + 1)
        ]


def handler_for(chain: Chain) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            while fault() == "hang":
                time.sleep(0.1)
            call = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            reply = {"jsonrpc": "2.0", "id": call.get("id")}
            if fault() == "error":
                self._answer({**reply, "error": {"code": -32005, "message": "limit exceeded"}})
            elif call.get("method") == "eth_blockNumber":
                self._answer({**reply, "result": hex(chain.height())})
            elif call.get("method") == "leader_trades":
                self._answer({**reply, "result": chain.trades(int(call["params"][0]))})
            else:
                self._answer({**reply, "error": {"code": -32601, "message": "method not found"}})

        def _answer(self, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode() + b"\n"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            try:
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the bot has gone

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8545)
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS")
    args = parser.parse_args()
    chain = Chain(args.every)
    while True:
        with ThreadingHTTPServer(("127.0.0.1", args.port), handler_for(chain)) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
            print("node: listening", flush=True)
            while fault() != "refuse":
                time.sleep(0.1)
            server.shutdown()
        print("node: not listening", flush=True)
        while fault() == "refuse":
            time.sleep(0.1)


if __name__ == "__main__":
    main()
