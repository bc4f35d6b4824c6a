"""/health: alive is not enough, so the answer is 200 only while the trading loop makes progress."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Health:
    """Written by the trading loop, read by the HTTP threads."""

    def __init__(self, mode: str, stale_after: float) -> None:
        self._mode = mode
        self._stale_after = stale_after
        self._last: tuple[float, int, int, int] | None = None

    def update(self, position: int, trades: int, block: int) -> None:
        self._last = (time.monotonic(), position, trades, block)

    def report(self) -> dict[str, Any]:
        last = self._last
        if last is None:
            return {"status": "starting", "mode": self._mode, "last_update_age": None}
        at, position, trades, block = last
        age = time.monotonic() - at
        return {
            "status": "ok" if age < self._stale_after else "stale",
            "mode": self._mode,
            "last_update_age": round(age, 1),
            "positions": {"POLY": position},
            "trades": trades,
            "block": block,
        }


def serve(health: Health, port: int) -> None:
    """Answer on 127.0.0.1 from a background thread until the process ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/health":
                self.send_error(404)
                return
            report = health.report()
            body = json.dumps(report).encode() + b"\n"
            self.send_response(200 if report["status"] == "ok" else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes arrive every few seconds; they do not belong in the log."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
