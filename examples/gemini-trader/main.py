"""gemini-trader: follows a broker's quotes and trades on them. It can be told to freeze in every way that bots do.

Its fault on purpose: it reads from the broker without a time-out, as the bots do that are found frozen in the morning.
Exit status 0: stopped, 1: a port is taken or it was told to fail.
"""

from __future__ import annotations

import http.client
import logging
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from faults import Faults

log = logging.getLogger("gemini")


class Line(logging.StreamHandler):
    """One write for each line, so that lines of two threads never mix."""

    def emit(self, record: logging.LogRecord) -> None:
        os.write(1, (self.format(record) + "\n").encode())


class Broker:
    """The quote stream. Reads block for as long as the broker says nothing."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._answer: http.client.HTTPResponse | None = None

    def next_quote(self) -> tuple[float, float]:
        if self._answer is None:
            connection = http.client.HTTPConnection(self._address, timeout=None)
            connection.request("GET", "/quotes")
            self._answer = connection.getresponse()
        line = self._answer.readline()
        if line == b"":
            self._answer = None
            raise ConnectionError("the broker ended the stream")
        price, vix = line.split()
        return float(price), float(vix)

    def forget(self) -> None:
        self._answer = None


class Trader:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._position = 0
        self._mean: float | None = None

    def cycle(self) -> None:
        price, vix = self._broker.next_quote()
        self._mean = price if self._mean is None else 0.9 * self._mean + 0.1 * price
        wanted = 0 if vix > 30 else 1 if price < self._mean else -1
        if wanted != self._position:
            log.info("Update: position %+d to %+d at %.2f", self._position, wanted, price)
            self._position = wanted
        log.info("VIX: %.1f Position: %+d Price: %.2f", vix, self._position, price)


def chatter() -> None:
    """The false comfort: a side thread that says that all is well, whatever the main loop does."""
    while True:
        log.info("heartbeat: process is alive")
        time.sleep(1)


class Health(BaseHTTPRequestHandler):
    """As in many bots: the web server is a thread of its own and answers 200 as long as the process exists."""

    def do_GET(self) -> None:  # noqa: N802
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok"}\n')

    def log_message(self, *_: object) -> None:
        pass


def beat() -> None:
    """Only the main loop calls this: it says that work goes on, and not merely that the process exists."""
    path = os.environ.get("HOLDFAST_BEAT")
    if path:
        Path(path).touch()


def main() -> int:
    handler = Line()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    faults = Faults(Path(os.environ.get("FAULT_FILE", "state/fault")))
    if faults.fails_at_start():
        log.error("failing at the start, as it was told")
        return 1
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: faults.ignores_term or (stopping.set(), sys.exit(0)))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("HEALTH_PORT", "8100"))), Health)
    except OSError as error:
        log.error("cannot serve /health: %s", error.strerror)
        return 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=chatter, daemon=True).start()
    broker = Broker(os.environ.get("BROKER", "127.0.0.1:9200"))
    trader = Trader(broker)
    log.info("gemini-trader started")
    while not stopping.is_set():
        faults.apply()
        try:
            trader.cycle()
        except (OSError, ValueError, http.client.HTTPException) as error:
            log.warning("broker unavailable, trying again: %s", error)
            broker.forget()
            time.sleep(1)
        beat()
    return 0


if __name__ == "__main__":
    sys.exit(main())
