"""copy-bot: copies the trades of a leader, which it reads from an RPC node, and keeps each of them once in SQLite.

GET http://127.0.0.1:8000/health says how its components are; the answer comes from a thread of its own, so it proves that
the process exists. That work goes on is said by the heartbeat, which only the main loop gives.
Exit status 0: stopped, 1: a port is taken, or it was told to fail.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from faults import Faults

log = logging.getLogger("copy-bot")


class Components:
    """How the parts are that the bot is made of, as the main loop last saw them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, dict[str, Any]] = {"rpc": {"status": "starting"}, "database": {"status": "starting"}}

    def report(self, name: str, status: str, **facts: Any) -> None:
        with self._lock:
            self._found[name] = {"status": status, **facts}

    def describe(self) -> dict[str, Any]:
        with self._lock:
            bad = [name for name, found in self._found.items() if found["status"] == "failed"]
            return {"status": "degraded" if bad else "ok", "components": dict(self._found)}


class Node:
    """The RPC node. A time-out on every call: what it does not say must not hold up the bot."""

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=2) as answer:
            reply = json.load(answer)
        if reply.get("error"):  # errors come with HTTP status 200
            raise ValueError(reply["error"].get("message", "error"))
        return reply["result"]


class Trades:
    """The trades that were copied. The leader's id of a trade is the key: what is read twice is copied once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        self._database = sqlite3.connect(path, timeout=0.2, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS trades (id TEXT PRIMARY KEY, block INTEGER, pair TEXT, amount REAL)"
        )

    def last_block(self) -> int:
        (block,) = self._database.execute("SELECT max(block) FROM trades").fetchone()
        return block or 0

    def copy(self, trades: list[dict[str, Any]]) -> int:
        rows = [(trade["id"], trade["block"], trade["pair"], trade["amount"]) for trade in trades]
        self._database.execute("BEGIN IMMEDIATE")
        before = self._database.total_changes
        try:
            self._database.executemany("INSERT OR IGNORE INTO trades VALUES (?, ?, ?, ?)", rows)
            self._database.execute("COMMIT")
        except sqlite3.Error:
            self._database.execute("ROLLBACK")
            raise
        return self._database.total_changes - before


class Bot:
    def __init__(self, node: Node, trades: Trades, components: Components) -> None:
        self._node = node
        self._trades = trades
        self._components = components

    def cycle(self) -> None:
        try:
            block = int(self._node.call("eth_blockNumber"), 16)
            seen = self._node.call("leader_trades", self._trades.last_block())
            self._components.report("rpc", "ok", block=block)
        except (OSError, ValueError, KeyError, urllib.error.URLError) as error:
            self._components.report("rpc", "failed", says=str(error))
            log.warning("the node is unavailable, trying again: %s", error)
            return
        try:
            copied = self._trades.copy(seen)
            self._components.report("database", "ok", block=self._trades.last_block())
        except sqlite3.Error as error:
            self._components.report("database", "failed", says=str(error))
            log.error("cannot write trades: %s", error)
            return
        log.info("block %d: copied %d trades", block, copied)


def health_handler(components: Components) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            body = json.dumps(components.describe()).encode() + b"\n"
            self.send_response(200 if self.path == "/health" else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            try:
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def beat() -> None:
    path = os.environ.get("HOLDFAST_BEAT")
    if path:
        Path(path).touch()


def main() -> int:
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
    trades = Trades(Path(os.environ.get("TRADES", "data/trades.db")))
    faults = Faults(Path(os.environ.get("FAULT_FILE", "state/fault")), Path(os.environ.get("TRADES", "data/trades.db")))
    if faults.fails_at_start():
        log.error("failing at the start, as it was told")
        return 1
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    components = Components()
    try:
        port = int(os.environ.get("HEALTH_PORT", "8000"))
        server = ThreadingHTTPServer(("127.0.0.1", port), health_handler(components))
    except OSError as error:
        log.error("cannot serve /health: %s", error.strerror)
        return 1
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bot = Bot(Node(os.environ.get("RPC_URL", "http://127.0.0.1:8545/")), trades, components)
    log.info("copy-bot started, mode %s", os.environ.get("MODE", "paper"))
    while not stopping.is_set():
        faults.apply()
        bot.cycle()
        beat()
        stopping.wait(float(os.environ.get("TICK_SECONDS", "2")))
    log.info("copy-bot stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
