"""The orders of each trading day: SQLite is the truth, orders.jsonl the same story for people."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from aurora.broker import Order
from aurora.jobs import JobFailed

SCHEMA = """
CREATE TABLE IF NOT EXISTS days (day TEXT PRIMARY KEY, planned_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id       TEXT PRIMARY KEY,
    day      TEXT NOT NULL REFERENCES days (day),
    symbol   TEXT NOT NULL,
    side     TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    state    TEXT NOT NULL CHECK (state IN ('open', 'placed', 'rejected'))
);
"""


class Journal:
    """An order is written as open before it is sent, so a crash at any point leaves a trace to settle."""

    def __init__(self, db: sqlite3.Connection, log: Path) -> None:
        self._db = db
        self._log = log

    def has(self, day: date) -> bool:
        return self._db.execute("SELECT 1 FROM days WHERE day = ?", (day.isoformat(),)).fetchone() is not None

    def plan(self, day: date, orders: list[Order]) -> bool:
        """Write the day's plan down, unless it has one."""
        with self._db:
            row = (day.isoformat(), _now())
            if self._db.execute("INSERT OR IGNORE INTO days VALUES (?, ?)", row).rowcount == 0:
                return False
            for order in orders:
                values = (order.id, day.isoformat(), order.symbol, order.side, order.quantity)
                self._db.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, 'open')", values)
        for order in orders:
            self._note("planned", order)
        return True

    def mark(self, order: Order, state: str, event: str) -> None:
        with self._db:
            self._db.execute("UPDATE orders SET state = ? WHERE id = ?", (state, order.id))
        self._note(event, order)

    def orders(self, day: date) -> dict[Order, str]:
        query = "SELECT id, symbol, side, quantity, state FROM orders WHERE day = ? ORDER BY id"
        return {Order(*row[:4]): row[4] for row in self._db.execute(query, (day.isoformat(),))}

    def _note(self, event: str, order: Order) -> None:
        line = {"time": _now(), "event": event, **vars(order)}
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def opened(directory: Path, to_read: bool = False) -> Iterator[Journal]:
    """The journal in this directory; to read, a copy in memory, so that not even a new file appears."""
    path = directory / "aurora.db"
    try:
        with closing(sqlite3.connect(":memory:" if to_read else path)) as db:
            if to_read and path.exists():
                with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as kept:
                    kept.backup(db)
            db.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
            db.executescript(SCHEMA)
            yield Journal(db, directory / "orders.jsonl")
    except sqlite3.Error as error:
        raise JobFailed(f"cannot use {path}: {error}") from None
    except OSError as error:
        raise JobFailed(f"cannot write {error.filename or directory}: {error.strerror}") from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
