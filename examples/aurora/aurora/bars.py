"""Daily bars on disk, one CSV file per symbol, oldest first."""

import csv
import io
from datetime import date
from pathlib import Path

from aurora import files
from aurora.broker import Bar
from aurora.jobs import JobFailed

HEADER = ("date", "open", "high", "low", "close", "volume")


def read(directory: Path, symbol: str, until: date) -> list[Bar]:
    path = _path(directory, symbol)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        bars = [
            Bar(
                date.fromisoformat(row["date"]),
                *(float(row[name]) for name in ("open", "high", "low", "close")),
                int(row["volume"]),
            )
            for row in rows
        ]
    except FileNotFoundError:
        return []
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise JobFailed(f"cannot use {path}: {error}") from None
    return [bar for bar in bars if bar.day <= until]


def append(directory: Path, symbol: str, new: list[Bar]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for bar in [*read(directory, symbol, date.max), *new]:
        writer.writerow((bar.day.isoformat(), bar.open, bar.high, bar.low, bar.close, bar.volume))
    path = _path(directory, symbol)
    try:
        files.replace(path, text.getvalue())
    except OSError as error:
        raise JobFailed(f"cannot write {path}: {error.strerror}") from None


def _path(directory: Path, symbol: str) -> Path:
    return directory / f"{symbol}.csv"
