"""A stand-in for the broker's REST API on the loopback: deterministic prices, orders filled at once and kept on disk.

GET /v2/account /v2/clock /v2/positions /v2/orders /v2/bars, POST /v2/orders. Each wants the headers APCA-API-KEY-ID
and APCA-API-SECRET-KEY: the pair in $CREDENTIALS_DIRECTORY, or any pair without one. GET /health wants none.

It misbehaves as the lines of the file stub/fault say, until they are gone; a path limits a line to that page:
  error[:STATUS] [PATH]   answers STATUS, 500 by itself      skew:SECONDS   a clock that is wrong
  slow:SECONDS [PATH]     answers later                      blocked        the account may not trade
  hang [PATH]             answers when the line is gone      lose           takes orders and forgets them
"""

import argparse
import hmac
import json
import math
import os
import random
import signal
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

KEYS = {"APCA-API-KEY-ID": "BROKER_KEY_ID", "APCA-API-SECRET-KEY": "BROKER_SECRET_KEY"}
NEW_YORK = ZoneInfo("America/New_York")
OPEN, CLOSE = timedelta(hours=9, minutes=30), timedelta(hours=16)
START_EQUITY = 100_000.0
DUPLICATE = 40010001
FAULTS = ("error", "slow", "hang", "skew", "blocked", "lose")
MAX_DAYS = 3700
Answer = tuple[int, Any]


class Faults:
    """The fault file, read for each request."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, kind: str, page: str) -> str | None:
        """The value behind the colon ("" without one), or None when this fault is not ordered for the page."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        for line in lines:
            fault, _, wanted_page = line.strip().partition(" ")
            name, _, value = fault.partition(":")
            if name and name not in FAULTS:
                raise ValueError(f"stub/fault: unknown fault {name}")
            if name == kind and wanted_page.strip() in ("", page):
                return value
        return None


class Orders:
    """One JSON line per order, so that a restart of the stub forgets nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._orders = {order["client_order_id"]: order for order in map(json.loads, lines)}

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._orders.values())

    def add(self, order: dict[str, Any], keep: bool) -> bool:
        with self._lock:
            if order["client_order_id"] in self._orders:
                return False
            if keep:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(order) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                self._orders[order["client_order_id"]] = order
            return True


class Broker:
    def __init__(self, orders: Orders, faults: Faults, seed: int) -> None:
        self._orders = orders
        self._faults = faults
        self._seed = seed

    def get(self, page: str, query: dict[str, str]) -> Answer:
        if page == "/v2/account":
            blocked = self._faults.find("blocked", page) is not None
            return 200, {
                "account_number": "PA9200STUB",
                "status": "ACTIVE",
                "trading_blocked": blocked,
                "account_blocked": False,
                "equity": f"{self._equity():.2f}",
            }
        if page == "/v2/clock":
            skew = float(self._faults.find("skew", page) or 0)
            return 200, clock(datetime.now(UTC) + timedelta(seconds=skew))
        if page == "/v2/positions":
            return 200, [{"symbol": symbol, "qty": str(quantity)} for symbol, quantity in self._positions().items()]
        if page == "/v2/orders":
            return 200, self._orders.all()[::-1][: int(query.get("limit", "50"))]
        if page == "/v2/bars":
            first, last = date.fromisoformat(query["start"]), date.fromisoformat(query["end"])
            if last - first > timedelta(days=MAX_DAYS):
                return 422, {"message": "too many days"}
            return 200, {"bars": {symbol: self._bars(symbol, first, last) for symbol in query["symbols"].split(",")}}
        return 404, {"message": "no such page"}

    def place(self, page: str, asked: dict[str, Any]) -> Answer:
        if page != "/v2/orders":
            return 404, {"message": "no such page"}
        quantity = int(asked["qty"])
        if asked["side"] not in ("buy", "sell") or quantity <= 0:
            return 422, {"message": "side must be buy or sell, qty above zero"}
        if self._faults.find("blocked", page) is not None:
            return 403, {"code": 40310000, "message": "the account may not trade"}
        order = {
            "client_order_id": str(asked["client_order_id"]),
            "symbol": str(asked["symbol"]),
            "side": asked["side"],
            "qty": str(quantity),
            "status": "filled",
            "filled_avg_price": str(self._close(str(asked["symbol"]), datetime.now(NEW_YORK).date())),
            "submitted_at": datetime.now(UTC).isoformat(),
        }
        if not self._orders.add(order, keep=self._faults.find("lose", page) is None):
            return 422, {"code": DUPLICATE, "message": "client_order_id must be unique"}
        # In one write: each request has a thread of its own, and their lines must not mix.
        line = f"filled {order['side']} {quantity} {order['symbol']}, order {order['client_order_id']}\n"
        print(line, end="", flush=True)
        return 200, order

    def _positions(self) -> dict[str, int]:
        held: dict[str, int] = {}
        for order in self._orders.all():
            signed = int(order["qty"]) if order["side"] == "buy" else -int(order["qty"])
            held[order["symbol"]] = held.get(order["symbol"], 0) + signed
        return {symbol: quantity for symbol, quantity in sorted(held.items()) if quantity}

    def _equity(self) -> float:
        today = datetime.now(NEW_YORK).date()
        equity = START_EQUITY
        for order in self._orders.all():
            signed = int(order["qty"]) if order["side"] == "buy" else -int(order["qty"])
            equity += signed * (self._close(order["symbol"], today) - float(order["filled_avg_price"]))
        return equity

    def _bars(self, symbol: str, first: date, last: date) -> list[dict[str, Any]]:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [self._bar(symbol, day) for day in days if day.weekday() < 5]

    def _bar(self, symbol: str, day: date) -> dict[str, Any]:
        chance = random.Random(f"{self._seed} {symbol} {day} bar")
        opened, closed = self._close(symbol, day - timedelta(days=1)), self._close(symbol, day)
        return {
            "t": f"{day}T05:00:00Z",
            "o": opened,
            "h": round(max(opened, closed) * (1 + chance.random() / 100), 2),
            "l": round(min(opened, closed) * (1 - chance.random() / 100), 2),
            "c": closed,
            "v": chance.randrange(1_000_000, 9_000_000),
        }

    def _close(self, symbol: str, day: date) -> float:
        """A slow wave with noise: the same day has the same price, whoever asks and when."""
        base = random.Random(f"{self._seed} {symbol}").uniform(100, 500)
        noise = random.Random(f"{self._seed} {symbol} {day}").gauss(0, 0.01)
        return round(base * (1 + 0.1 * math.sin(day.toordinal() / 9 + base) + noise), 2)


def clock(now: datetime) -> dict[str, Any]:
    """Weekdays 09:30 to 16:00 in New York; the stub knows no holidays."""
    there = now.astimezone(NEW_YORK)
    since_midnight = timedelta(hours=there.hour, minutes=there.minute, seconds=there.second)
    return {"timestamp": there.isoformat(), "is_open": there.weekday() < 5 and OPEN <= since_midnight < CLOSE}


def expected_keys() -> dict[str, bytes]:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    return {header: (Path(directory) / name).read_bytes().strip() for header, name in KEYS.items()} if directory else {}


def handler_for(broker: Broker, faults: Faults, keys: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            self._serve(url.path, lambda: broker.get(url.path, query))

        def do_POST(self) -> None:
            page = urlsplit(self.path).path
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._serve(page, lambda: broker.place(page, json.loads(body)))

        def _serve(self, page: str, work: Any) -> None:
            if page == "/health":
                return self._answer(200, {"status": "ok"})
            if not self._authorized():
                return self._answer(401, {"message": "unknown API key"})
            try:
                time.sleep(float(faults.find("slow", page) or 0))
                while faults.find("hang", page) is not None:
                    time.sleep(0.1)
                status = faults.find("error", page)
                if status is not None:
                    return self._answer(int(status or 500), {"message": "ordered by stub/fault"})
                self._answer(*work())
            except (KeyError, TypeError, ValueError) as error:
                self._answer(400, {"message": f"bad request: {error}"})

        def _authorized(self) -> bool:
            for header in KEYS:
                given = self.headers.get(header, "").encode()
                if not given or (keys and not hmac.compare_digest(given, keys[header])):
                    return False
            return True

        def _answer(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode() + b"\n"
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # the caller has given up waiting

        def log_message(self, format: str, *args: object) -> None:
            """Only fills are worth a line."""

    return Handler


def stop(signum: int, frame: object) -> None:
    sys.exit(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    home = Path("stub")
    if not home.is_dir():
        print(f"missing directory: {home.resolve()}", file=sys.stderr)
        return os.EX_CONFIG
    faults = Faults(home / "fault")
    try:
        broker = Broker(Orders(home / "orders.jsonl"), faults, args.seed)
        keys = expected_keys()
    except (OSError, ValueError, KeyError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return os.EX_CONFIG
    try:
        server = ThreadingHTTPServer(("127.0.0.1", args.port), handler_for(broker, faults, keys))
    except OSError as error:
        print(f"cannot listen on 127.0.0.1:{args.port}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"broker open on 127.0.0.1:{args.port}, seed {args.seed}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
