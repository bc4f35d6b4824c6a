"""Appends the finished daily bars that are not on disk yet."""

import logging
from datetime import date, timedelta

from aurora import bars
from aurora.broker import Broker, BrokerError
from aurora.config import Config
from aurora.jobs import SYMBOLS, directory

log = logging.getLogger(__name__)
FIRST_FETCH = timedelta(days=30)


def run(config: Config, broker: Broker, dry_run: bool) -> None:
    last = last_finished(config, broker)
    data = directory("data")
    for symbol in SYMBOLS:
        known = bars.read(data, symbol, date.max)
        first = known[-1].day + timedelta(days=1) if known else last - FIRST_FETCH
        new = broker.bars(symbol, first, last) if first <= last else []
        days = [bar.day for bar in new]
        if days != sorted(set(days)) or any(not first <= day <= last for day in days):
            raise BrokerError(f"the bars of {symbol} are not in order, or not of {first} to {last}")
        if new and not dry_run:
            bars.append(data, symbol, new)
        newest = f" up to {days[-1]}" if days else ""
        log.info("%s: %d new bars%s%s", symbol, len(new), newest, ", not kept" if dry_run else "")


def last_finished(config: Config, broker: Broker) -> date:
    """Today's bar still changes while the market is open."""
    clock = broker.clock()
    session_runs = clock.is_open and clock.now.astimezone(config.zone).date() == config.today
    return config.today - timedelta(days=1) if session_runs else config.today
