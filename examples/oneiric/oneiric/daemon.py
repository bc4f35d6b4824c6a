"""The service: start, tell systemd, refresh on time, reload on SIGHUP, stop on SIGTERM."""

import logging
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from oneiric import credentials, logs, stack, web
from oneiric.cache import Cache
from oneiric.notify import Notifier
from oneiric.orchestrator import Orchestrator

log = logging.getLogger(__name__)
DEFAULT_ORDER = "default:0"
SIGNALS = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}


def run(manifest: Path, directory: Path, refresh_interval: float, env: Mapping[str, str]) -> int:
    # Blocked, and picked up between two steps of the loop: nothing is ever cut in half.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    logs.also_to(Path("logs/oneiric.log"), env)
    secrets = credentials.load(env)
    order = stack.parse_order(env.get("ONEIRIC_STACK_ORDER") or DEFAULT_ORDER)
    cache = Cache(Path("cache"), secrets.cache_password)
    orchestrator = Orchestrator(manifest, directory, order, cache)
    orchestrator.refresh()
    web.serve(orchestrator, secrets.api_key, env)
    notifier = Notifier(env)
    log.info("started, settings %s, providers %s", orchestrator.settings.digest, orchestrator.providers)
    notifier.ready(describe(orchestrator))
    loop(orchestrator, notifier, refresh_interval)
    notifier.stopping()
    log.info("stopped cleanly")
    return os.EX_OK


def loop(orchestrator: Orchestrator, notifier: Notifier, refresh_interval: float) -> None:
    next_refresh = time.monotonic() + refresh_interval
    while True:
        notifier.alive()  # from the loop that does the work: a helper thread would vouch for a hung program
        if time.monotonic() >= next_refresh:
            orchestrator.refresh()
            notifier.status(describe(orchestrator))
            next_refresh = time.monotonic() + refresh_interval
        pause = max(0.0, next_refresh - time.monotonic())
        if notifier.watchdog_pause is not None:
            pause = min(pause, notifier.watchdog_pause)
        received = signal.sigtimedwait(SIGNALS, pause)
        if received is None:
            continue
        log.info("%s received", signal.Signals(received.si_signo).name)
        if received.si_signo != signal.SIGHUP:
            return
        notifier.reloading()
        orchestrator.reload()
        notifier.ready(describe(orchestrator))


def describe(orchestrator: Orchestrator) -> str:
    if orchestrator.reload_error:
        return f"reload failed: {orchestrator.reload_error}"
    return f"{orchestrator.refreshes} refreshes, settings {orchestrator.settings.digest}"
