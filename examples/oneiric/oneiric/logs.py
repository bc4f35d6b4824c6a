"""Log lines for machines (ONEIRIC_LOG_FORMAT=json) or for people, to stdout and, in the service, to a file."""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

from oneiric.errors import ConfigError


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start(env: Mapping[str, str]) -> None:
    console = logging.StreamHandler(sys.stdout)
    console.setFormatter(_formatter(env))
    logging.basicConfig(level=logging.INFO, handlers=[console])
    level = env.get("LOG_LEVEL") or "INFO"
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigError(f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {level!r}")
    logging.getLogger().setLevel(level)


def also_to(path: Path, env: Mapping[str, str]) -> None:
    try:
        file = WatchedFileHandler(path, encoding="utf-8")  # reopens by itself after a rotation
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
    file.setFormatter(_formatter(env))
    logging.getLogger().addHandler(file)


def _formatter(env: Mapping[str, str]) -> logging.Formatter:
    if env.get("ONEIRIC_LOG_FORMAT") == "json":
        return JsonFormatter()
    return logging.Formatter("%(levelname)s %(message)s")
