"""Settings from the environment, and the wallet key from systemd's credentials directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REQUIRED = ("POLYGON_RPC_URL", "MARKET_URL")
WRITABLE = ("logs", "data", "state")


class ConfigError(Exception):
    """The bot cannot start, and starting it again will not help."""


@dataclass(frozen=True)
class Config:
    rpc_url: str
    market_url: str
    mode: str
    health_port: int
    tick_seconds: float
    wallet_key: bytes = field(repr=False)


def load(env: Mapping[str, str]) -> Config:
    missing = [name for name in REQUIRED if not env.get(name)]
    if missing:
        raise ConfigError(f"missing environment variables: {', '.join(missing)}")
    for name in WRITABLE:
        if not Path(name).is_dir():
            raise ConfigError(f"missing directory: {Path(name).resolve()}")
    return Config(
        rpc_url=env["POLYGON_RPC_URL"],
        market_url=env["MARKET_URL"].rstrip("/"),
        mode=env.get("MODE", "paper"),
        health_port=int(_number(env, "HEALTH_PORT", "8000")),
        tick_seconds=_number(env, "TICK_SECONDS", "2"),
        wallet_key=_credential(env, "WALLET_KEY"),
    )


def _number(env: Mapping[str, str], name: str, default: str) -> float:
    text = env.get(name, default)
    try:
        number = float(text)
    except ValueError:
        raise ConfigError(f"{name} is not a number") from None
    if number <= 0:
        raise ConfigError(f"{name} must be above zero")
    return number


def _credential(env: Mapping[str, str], name: str) -> bytes:
    """Read one secret. Errors name the credential and never show any of it."""
    directory = env.get("CREDENTIALS_DIRECTORY")
    if not directory:
        raise ConfigError(f"no credential {name}: CREDENTIALS_DIRECTORY is not set")
    try:
        secret = (Path(directory) / name).read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"no credential {name}: {error.strerror}") from None
    if not secret:
        raise ConfigError(f"the credential {name} is empty")
    return secret
