"""cache/: what the tasks produced, sealed with CACHE_PASSWORD so that a changed file is not believed."""

import hmac
import json
from pathlib import Path
from typing import Any

from oneiric.errors import ConfigError


class Cache:
    def __init__(self, directory: Path, password: bytes) -> None:
        if not directory.is_dir():
            raise ConfigError(f"missing directory: {directory.resolve()}")
        self._directory = directory
        self._password = password

    def put(self, name: str, content: dict[str, Any]) -> None:
        path = self._directory / f"{name}.json"
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps({"content": content, "seal": self._seal(content)}) + "\n", encoding="utf-8")
        draft.replace(path)

    def get(self, name: str) -> dict[str, Any] | None:
        """The entry, or None when there is none that can be trusted."""
        try:
            entry = json.loads((self._directory / f"{name}.json").read_text(encoding="utf-8"))
            content: dict[str, Any] = entry["content"]
            genuine = hmac.compare_digest(entry["seal"], self._seal(content))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return content if genuine else None

    def _seal(self, content: dict[str, Any]) -> str:
        return hmac.new(self._password, json.dumps(content, sort_keys=True).encode(), "sha256").hexdigest()
