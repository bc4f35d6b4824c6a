"""Settings from the environment, the broker's keys from systemd's credentials directory.

Nothing starts unless both the switch and the endpoint say paper.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

REQUIRED = ("BROKER_ENDPOINT", "IS_PAPER_TRADING", "TZ")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class ConfigError(Exception):
    """The job cannot run as it is configured, and running it again will not help."""


@dataclass(frozen=True)
class Config:
    endpoint: str
    zone: ZoneInfo
    today: date  # the trading day this run belongs to
    timeout_seconds: float
    min_free_mb: float
    key_id: str = field(repr=False)
    secret_key: str = field(repr=False)


def load(env: Mapping[str, str]) -> Config:
    missing = [name for name in REQUIRED if not env.get(name)]
    if missing:
        raise ConfigError(f"missing environment variables: {', '.join(missing)}")
    if env["IS_PAPER_TRADING"] != "true":
        raise ConfigError("IS_PAPER_TRADING is not true: these jobs trade on paper only")
    zone = _zone(env["TZ"])
    return Config(
        endpoint=_paper_endpoint(env["BROKER_ENDPOINT"]),
        zone=zone,
        today=_today(env.get("AURORA_TODAY"), zone),
        timeout_seconds=_number(env, "BROKER_TIMEOUT_SECONDS", "10"),
        min_free_mb=_number(env, "MIN_FREE_MB", "100"),
        key_id=_credential(env, "BROKER_KEY_ID"),
        secret_key=_credential(env, "BROKER_SECRET_KEY"),
    )


def _paper_endpoint(text: str) -> str:
    """The broker's paper host over HTTPS, or a stub on this machine."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname or "", url.port
    except ValueError:
        raise ConfigError("BROKER_ENDPOINT is not a URL") from None
    if url.username or url.password or url.query or url.fragment:
        raise ConfigError("BROKER_ENDPOINT must be scheme, host and port only; keys belong in credentials")
    stub = host in LOOPBACK and url.scheme in ("http", "https")
    paper = host.startswith("paper-api.") and url.scheme == "https"
    if not (stub or paper):
        wanted = "https://paper-api.* or a stub on 127.0.0.1"
        raise ConfigError(f"BROKER_ENDPOINT {url.scheme}://{host} is not a paper endpoint: {wanted}")
    return text.rstrip("/")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, LookupError, ValueError):
        raise ConfigError(f"TZ is not a known time zone: {name}") from None


def _today(text: str | None, zone: ZoneInfo) -> date:
    if not text:
        return datetime.now(zone).date()
    try:
        if ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ConfigError(f"AURORA_TODAY is not a date like 2026-03-06: {text}")


def _number(env: Mapping[str, str], name: str, default: str) -> float:
    try:
        number = float(env.get(name) or default)
    except ValueError:
        raise ConfigError(f"{name} is not a number") from None
    if not 0 < number < float("inf"):
        raise ConfigError(f"{name} must be above zero")
    return number


def _credential(env: Mapping[str, str], name: str) -> str:
    """Read one secret. Errors name the credential and never show any of it."""
    directory = env.get("CREDENTIALS_DIRECTORY")
    if not directory:
        raise ConfigError(f"no credential {name}: CREDENTIALS_DIRECTORY is not set")
    try:
        secret = (Path(directory) / name).read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"no credential {name}: {error.strerror}") from None
    if not re.fullmatch(rb"[!-~]+", secret):  # http.client would quote any other in its error message
        raise ConfigError(f"the credential {name} is not one line of printable ASCII without spaces")
    return secret.decode("ascii")
