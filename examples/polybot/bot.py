"""polybot: trades until it is told to stop. Exit status 0: stopped, 1: its port is taken, 78: not configured."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path

from polybot import config, health, logs
from polybot.exchange import Exchange, MarketDown, Refused
from polybot.faults import Faults
from polybot.ledger import Ledger
from polybot.trader import Trader

log = logging.getLogger("polybot")
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
CYCLES_PER_MEMORY_LINE = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exit-after", type=float, metavar="SECONDS", help="end with status 1 after this time")
    args = parser.parse_args()
    # Blocked, and picked up between two cycles: a stop never cuts a trade in half.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    logs.start()
    try:
        settings = config.load(os.environ)
    except config.ConfigError as error:
        log.error("%s", error)
        return os.EX_CONFIG
    logs.also_to(Path("logs/bot.log"))
    state = health.Health(settings.mode, stale_after=5 * settings.tick_seconds + 5)
    try:
        health.serve(state, settings.health_port)
    except OSError as error:
        log.error("cannot serve /health on 127.0.0.1:%d: %s", settings.health_port, error.strerror)
        return 1
    ledger = Ledger(Path("data/trades.db"))
    log.info("polybot started, mode %s, %d trades so far", settings.mode, ledger.trades())
    log.info("Position: %d", ledger.position())
    exchange = Exchange(settings.market_url, settings.rpc_url, settings.wallet_key)
    trader = Trader(exchange, ledger, Path("state/position.json"), state)
    try:
        return run(trader, Faults(Path("state/fault")), settings.tick_seconds, args.exit_after)
    finally:
        ledger.close()


def run(trader: Trader, faults: Faults, tick_seconds: float, exit_after: float | None) -> int:
    started = time.monotonic()
    cycles = 0
    while True:
        faults.apply()
        if not faults.frozen:
            cycle(trader)
            if cycles % CYCLES_PER_MEMORY_LINE == 0:
                log.info("Memory usage: %d MB", logs.memory_mb())
            cycles += 1
        received = signal.sigtimedwait(STOP_SIGNALS, tick_seconds)
        if received and not faults.ignores_term:
            log.info("%s received, finishing", signal.Signals(received.si_signo).name)
            log.info("stopped cleanly")
            return os.EX_OK
        if exit_after is not None and time.monotonic() - started >= exit_after:
            log.error("ending after %g s, as asked by --exit-after", exit_after)
            return 1


def cycle(trader: Trader) -> None:
    try:
        trader.cycle()
    except (MarketDown, Refused) as error:
        log.warning("market unavailable, trying again: %s", error)


if __name__ == "__main__":
    sys.exit(main())
