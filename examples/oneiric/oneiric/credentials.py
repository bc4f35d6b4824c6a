"""Secrets from systemd's credentials directory. Errors name the credential and never show any of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oneiric.errors import ConfigError


@dataclass(frozen=True)
class Credentials:
    api_key: bytes = field(repr=False)
    cache_password: bytes = field(repr=False)


def load(env: Mapping[str, str]) -> Credentials:
    return Credentials(api_key=_read(env, "API_KEY"), cache_password=_read(env, "CACHE_PASSWORD"))


def _read(env: Mapping[str, str], name: str) -> bytes:
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
