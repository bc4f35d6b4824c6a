"""Runs the workflows of the current settings, and swaps the settings without stopping."""

import logging
import time
from pathlib import Path

from oneiric import settings, stack
from oneiric.cache import Cache
from oneiric.errors import ConfigError

log = logging.getLogger(__name__)
REFRESH_EVENT = "refresh"


class Orchestrator:
    """Driven by one thread; the web threads only read its public attributes."""

    def __init__(self, manifest: Path, directory: Path, order: dict[str, int], cache: Cache) -> None:
        self._manifest = manifest
        self._directory = directory
        self._order = order
        self._cache = cache
        self.settings = settings.load(manifest, directory)
        self.providers = stack.resolve(self.settings.adapters, order)
        self.refreshes = 0
        self.last_refresh: float | None = None
        self.reloads = 0
        self.failed_reloads = 0
        self.reload_error: str | None = None

    def refresh(self) -> None:
        """Fire the refresh event: every task of its workflow leaves one entry in the cache."""
        workflow = self.settings.events.get(REFRESH_EVENT)
        for task in self.settings.workflows[workflow] if workflow else []:
            self._run(task)
        self.refreshes += 1
        self.last_refresh = time.time()

    def reload(self) -> None:
        """Read the settings again. Bad settings change nothing: the old ones stay in force."""
        try:
            fresh = settings.load(self._manifest, self._directory)
        except ConfigError as error:
            self.failed_reloads += 1
            self.reload_error = str(error)
            log.error("reload failed, the previous settings stay in force: %s", error)
            return
        changed = fresh.digest != self.settings.digest
        self.settings, self.providers = fresh, stack.resolve(fresh.adapters, self._order)
        self.reloads += 1
        self.reload_error = None
        log.info("settings reloaded: %s, %s", fresh.digest, "changed" if changed else "unchanged")

    def _run(self, task: str) -> None:
        service = self.settings.tasks[task]
        providers = {domain: self.providers.get(domain) for domain in self.settings.services[service]}
        before = self._cache.get(task)
        runs = before["runs"] + 1 if before else 1
        self._cache.put(task, {"service": service, "providers": providers, "runs": runs, "at": round(time.time(), 3)})
        log.debug("task %s done for service %s, run %d", task, service, runs)
