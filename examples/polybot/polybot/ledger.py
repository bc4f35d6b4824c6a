"""The trades in SQLite: the one truth about what was ordered and what was filled."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS trades (
    id       TEXT PRIMARY KEY,
    at       REAL NOT NULL,
    quantity INTEGER NOT NULL,
    price    REAL NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('open', 'filled', 'rejected'))
)
"""


@dataclass(frozen=True)
class Order:
    id: str
    quantity: int  # above zero buys, below zero sells
    price: float


class Ledger:
    """An order is written as open before it is sent, so a crash at any point leaves a trace to settle."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
        with self._db:
            self._db.execute(SCHEMA)

    def add(self, order: Order) -> None:
        with self._db:
            self._db.execute(
                "INSERT INTO trades VALUES (?, ?, ?, ?, 'open')",
                (order.id, time.time(), order.quantity, order.price),
            )

    def mark(self, order: Order, state: str) -> None:
        with self._db:
            self._db.execute("UPDATE trades SET state = ? WHERE id = ?", (state, order.id))

    def open_orders(self) -> list[Order]:
        rows = self._db.execute("SELECT id, quantity, price FROM trades WHERE state = 'open' ORDER BY at")
        return [Order(*row) for row in rows]

    def position(self) -> int:
        return self._one("SELECT coalesce(sum(quantity), 0) FROM trades WHERE state = 'filled'")

    def trades(self) -> int:
        return self._one("SELECT count(*) FROM trades WHERE state = 'filled'")

    def close(self) -> None:
        self._db.close()  # folds the WAL back into trades.db

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])
