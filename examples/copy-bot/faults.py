"""Faults to order: write one into state/fault and the bot misbehaves that way. It is used up at once; with "always:"
in front it stays until the file is gone, and comes back after every restart."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

MEGABYTE = 1024 * 1024


class Faults:
    def __init__(self, path: Path, database: Path) -> None:
        self._path = path
        self._database = database
        self._hoard: list[bytearray] = []
        self._locked: sqlite3.Connection | None = None
        self._leaking = 0.0
        self._leaked_at = time.monotonic()

    def fails_at_start(self) -> bool:
        return self._ordered("fail") is not None

    def apply(self) -> None:
        """Called once in every cycle of the main loop."""
        if self._ordered("freeze") is not None:
            os.kill(os.getpid(), signal.SIGSTOP)
        elif self._ordered("hang") is not None:
            read, _write = os.pipe()
            os.read(read, 1)  # nobody will ever write
        elif self._ordered("crash") is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        elif self._ordered("lock") is not None:
            self._locked = sqlite3.connect(self._database, isolation_level=None)
            self._locked.execute("BEGIN IMMEDIATE")
        elif (rate := self._ordered("leak")) is not None:
            self._leaking = float(rate)
        self._leak()

    def _leak(self) -> None:
        now = time.monotonic()
        for _ in range(int(self._leaking * (now - self._leaked_at))):
            self._hoard.append(bytearray(os.urandom(1)) * MEGABYTE)
            self._leaked_at = now
        if self._leaking == 0:
            self._leaked_at = now

    def _ordered(self, fault: str) -> str | None:
        """What stands behind the fault's name when it is ordered, such as "20" of "leak:20"."""
        try:
            text = self._path.read_text().strip()
        except FileNotFoundError:
            return None
        always = text.startswith("always:")
        name, _, value = text.removeprefix("always:").partition(":")
        if name != fault:
            return None
        if not always:
            self._path.unlink(missing_ok=True)
        return value or "1"
