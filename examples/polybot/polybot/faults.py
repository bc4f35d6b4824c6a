"""Faults to order, for rehearsals: words in the file state/fault, obeyed until the file is gone.

    crash        die by a signal          leak:50      take 50 MB more in every cycle
    exit:3       end with this status     spin         keep every core busy
    freeze       stop cycling, stay up    ignore-term  do not react to SIGTERM

Several words may stand together: `freeze ignore-term` is a hang that only SIGKILL ends.
"""

import hashlib
import logging
import os
import sys
import threading
from pathlib import Path

log = logging.getLogger(__name__)


class Faults:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._wanted: dict[str, str] = {}
        self._leaked: list[bytearray] = []
        self._spinning = False

    def apply(self) -> None:
        """Read the file again and do what it asks for."""
        self._wanted = self._read()
        if "crash" in self._wanted:
            log.error("fault: crash")
            os.abort()
        if "exit" in self._wanted:
            log.error("fault: exit")
            sys.exit(int(self._wanted["exit"] or 1))
        if "leak" in self._wanted:
            self._leaked.append(bytearray(b"\1") * (int(self._wanted["leak"] or 50) * 2**20))
        if "spin" in self._wanted and not self._spinning:
            self._spinning = True
            for _ in range(os.cpu_count() or 1):
                threading.Thread(target=self._spin, daemon=True).start()

    @property
    def frozen(self) -> bool:
        return "freeze" in self._wanted

    @property
    def ignores_term(self) -> bool:
        return "ignore-term" in self._wanted

    def _read(self) -> dict[str, str]:
        try:
            words = self._path.read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return {}
        pairs = (word.partition(":") for word in words)
        return {name: value for name, _, value in pairs}

    def _spin(self) -> None:
        block = bytes(2**20)
        while "spin" in self._wanted:
            hashlib.sha256(block)  # releases the interpreter lock, so the threads really use all cores
        self._spinning = False
