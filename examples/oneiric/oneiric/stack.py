"""ONEIRIC_STACK_ORDER, such as production:100,staging:50,default:0: which layer's adapter wins."""

from collections.abc import Iterable

from oneiric.errors import ConfigError
from oneiric.settings import Adapter


def parse_order(text: str) -> dict[str, int]:
    order: dict[str, int] = {}
    for entry in text.split(","):
        layer, _, priority = entry.partition(":")
        try:
            order[layer.strip()] = int(priority)
        except ValueError:
            raise ConfigError(f"ONEIRIC_STACK_ORDER: expected layer:number, found {entry!r}") from None
    return order


def resolve(adapters: Iterable[Adapter], order: dict[str, int]) -> dict[str, str]:
    """The provider for every domain: the one from the highest layer in the order. Other layers do not count."""
    chosen: dict[str, Adapter] = {}
    for adapter in adapters:
        if adapter.layer not in order:
            continue
        rival = chosen.get(adapter.domain)
        if rival is None or order[adapter.layer] > order[rival.layer]:
            chosen[adapter.domain] = adapter
    return {domain: adapter.provider for domain, adapter in chosen.items()}
