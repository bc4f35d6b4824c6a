"""Log lines on stdout, with their level when the journal reads them."""

import logging
import os
import sys

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
