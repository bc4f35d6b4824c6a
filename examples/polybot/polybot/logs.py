"""The same lines to stdout and to a file, and the memory figure some of them carry."""

import logging
import os
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path

JOURNAL_PRIORITY = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}


class JournalFormatter(logging.Formatter):
    """Marks each line with its level, as in sd-daemon(3), so that `journalctl -p err` finds errors."""

    def format(self, record: logging.LogRecord) -> str:
        prefix = f"<{JOURNAL_PRIORITY.get(record.levelname, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


def start() -> None:
    console = logging.StreamHandler(sys.stdout)
    under_systemd = "JOURNAL_STREAM" in os.environ
    console.setFormatter(JournalFormatter() if under_systemd else logging.Formatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[console])


def also_to(path: Path) -> None:
    file = WatchedFileHandler(path, encoding="utf-8")  # reopens by itself after a rotation
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(file)


def memory_mb() -> int:
    """Resident memory of this process now (getrusage would give the peak)."""
    resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return resident_pages * os.sysconf("SC_PAGE_SIZE") // 2**20
