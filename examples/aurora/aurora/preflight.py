"""Is today fit for trading? All checks run, so that one run shows all that is wrong."""

import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aurora import bars
from aurora.broker import Broker, BrokerError
from aurora.config import Config
from aurora.jobs import SYMBOLS, JobFailed, directory

log = logging.getLogger(__name__)
MAX_CLOCK_SKEW = timedelta(seconds=5)
MAX_DATA_AGE = timedelta(days=5)  # the longest gap between sessions around a weekend with holidays
PAPER_ACCOUNT = "PA"


def run(config: Config, broker: Broker, dry_run: bool) -> None:
    checks: dict[str, Callable[[], str]] = {
        "account": lambda: account(broker),
        "clock": lambda: clock(broker),
        "disk": lambda: disk(config),
        "data": lambda: data(config),
    }
    failed = []
    for name, check in checks.items():
        try:
            log.info("%s: %s", name, check())
        except (JobFailed, BrokerError) as error:
            log.error("%s: %s", name, error)
            failed.append(name)
    if failed:
        raise JobFailed(f"{', '.join(failed)} not in order for {config.today}")
    log.info("ready to trade on %s", config.today)


def account(broker: Broker) -> str:
    found = broker.account()
    if not found.number.startswith(PAPER_ACCOUNT):
        raise JobFailed("not a paper account")
    if found.status != "ACTIVE" or found.blocked:
        raise JobFailed(f"status {found.status}, trading {'blocked' if found.blocked else 'allowed'}")
    return f"active, equity {found.equity:.2f}"


def clock(broker: Broker) -> str:
    skew = abs(broker.clock().now - datetime.now(UTC))
    if skew > MAX_CLOCK_SKEW:
        raise JobFailed(f"{skew.total_seconds():.0f} s away from the broker's")
    return f"{skew.total_seconds():.1f} s away from the broker's"


def disk(config: Config) -> str:
    free_mb = shutil.disk_usage(".").free // 2**20
    if free_mb < config.min_free_mb:
        raise JobFailed(f"{free_mb} MB free, {config.min_free_mb:g} MB wanted")
    return f"{free_mb} MB free"


def data(config: Config) -> str:
    newest = []
    for symbol in SYMBOLS:
        known = bars.read(directory("data"), symbol, config.today)
        if not known:
            raise JobFailed(f"no bars of {symbol}; data-fetch has not run yet")
        if config.today - known[-1].day > MAX_DATA_AGE:
            raise JobFailed(f"the newest bar of {symbol} is of {known[-1].day}")
        newest.append(known[-1].day)
    return f"bars up to {min(newest)}"
