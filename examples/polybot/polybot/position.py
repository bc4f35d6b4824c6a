"""state/position.json: the current position for people and other programs to read."""

import json
import os
import time
from pathlib import Path


def save(path: Path, position: int, trades: int) -> None:
    """Replace the file in one step: a reader sees the old text or the new, never half of it."""
    record = {"position": position, "trades": trades, "saved_at": round(time.time(), 3)}
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(record, file)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
