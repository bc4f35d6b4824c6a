"""What the jobs share."""

from pathlib import Path

from aurora.config import ConfigError

SYMBOLS = ("IWM", "QQQ", "SPY")


class JobFailed(Exception):
    """The job did what it could, and today is not in order; the message says why."""


def directory(name: str) -> Path:
    path = Path(name)
    if not path.is_dir():
        raise ConfigError(f"missing directory: {path.resolve()}")
    return path
