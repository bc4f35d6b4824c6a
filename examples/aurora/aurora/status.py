"""One line on where the day stands, from the broker alone."""

import logging

from aurora import trading
from aurora.broker import Broker
from aurora.config import Config

log = logging.getLogger(__name__)


def run(config: Config, broker: Broker, dry_run: bool) -> None:
    market = "open" if broker.clock().is_open else "closed"
    equity = broker.account().equity
    orders = broker.orders(trading.prefix(config.today))
    filled = sum(status == "filled" for status in orders.values())
    held = " ".join(f"{symbol} {quantity:+d}" for symbol, quantity in sorted(broker.positions().items())) or "none"
    log.info(
        "%s market %s, equity %.2f, orders %d, filled %d, positions %s",
        config.today, market, equity, len(orders), filled, held,
    )
