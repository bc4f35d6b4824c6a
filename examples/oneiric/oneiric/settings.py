"""The settings files: one manifest names the others, and every name that one file uses must exist in another."""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneiric.errors import ConfigError

MEMBERS = ("app", "adapters", "services", "tasks", "events", "workflows")


@dataclass(frozen=True)
class Adapter:
    domain: str
    provider: str
    layer: str


@dataclass(frozen=True)
class Settings:
    title: str
    adapters: tuple[Adapter, ...]
    services: dict[str, list[str]]  # service -> the adapter domains it uses
    tasks: dict[str, str]  # task -> its service
    workflows: dict[str, list[str]]  # workflow -> its tasks, in order
    events: dict[str, str]  # event -> the workflow it starts
    digest: str  # changes when any file changes


def load(manifest: Path, directory: Path) -> Settings:
    raw, digest = _read(manifest), hashlib.sha256()
    listed = _parse(manifest, raw).get("members", [])
    missing = [name for name in MEMBERS if name not in listed]
    if missing:
        raise ConfigError(f"{manifest}: members lacks {', '.join(missing)}")
    digest.update(raw)
    files: dict[str, dict[str, Any]] = {}
    for name in MEMBERS:
        path = directory / f"{name}.toml"
        raw = _read(path)
        digest.update(raw)
        files[name] = _parse(path, raw)
    try:
        settings = _build(files, digest.hexdigest()[:12])
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{directory}: missing or malformed entry: {error}") from error
    _check_names(settings, directory)
    return settings


def _build(files: dict[str, dict[str, Any]], digest: str) -> Settings:
    return Settings(
        title=files["app"]["title"],
        adapters=tuple(Adapter(**entry) for entry in files["adapters"]["adapter"]),
        services={entry["name"]: entry["uses"] for entry in files["services"]["service"]},
        tasks={entry["name"]: entry["service"] for entry in files["tasks"]["task"]},
        workflows={entry["name"]: entry["tasks"] for entry in files["workflows"]["workflow"]},
        events={entry["name"]: entry["workflow"] for entry in files["events"]["event"]},
        digest=digest,
    )


def _check_names(settings: Settings, directory: Path) -> None:
    domains = {adapter.domain for adapter in settings.adapters}
    for service, uses in settings.services.items():
        _expect(directory / "services.toml", f"service {service}", uses, domains, "adapter domain")
    for task, service in settings.tasks.items():
        _expect(directory / "tasks.toml", f"task {task}", [service], settings.services, "service")
    for workflow, tasks in settings.workflows.items():
        _expect(directory / "workflows.toml", f"workflow {workflow}", tasks, settings.tasks, "task")
    for event, workflow in settings.events.items():
        _expect(directory / "events.toml", f"event {event}", [workflow], settings.workflows, "workflow")


def _expect(path: Path, who: str, names: Iterable[str], known: Iterable[str], kind: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(f"{path}: {who} names an unknown {kind}: {', '.join(unknown)}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error


def _parse(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode())
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
