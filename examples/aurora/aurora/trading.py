"""Places the orders of the day, once: a plan is made once per trading day and each order has the day in its id."""

import logging
from datetime import date, timedelta
from statistics import mean

from aurora import bars, journal
from aurora.broker import Broker, Duplicate, Order, Rejected
from aurora.config import Config
from aurora.jobs import SYMBOLS, JobFailed, directory
from aurora.journal import Journal

log = logging.getLogger(__name__)
WINDOW = 5
QUANTITY = 1


def run(config: Config, broker: Broker, dry_run: bool) -> None:
    day = config.today
    if dry_run:
        rehearse(day, broker)
        return
    with journal.opened(directory("state")) as orders:
        if not orders.has(day):
            orders.plan(day, plan(day))
        waiting = [order for order, state in orders.orders(day).items() if state == "open"]
        for order in waiting:
            place(order, broker, orders)
        rejected = [order.symbol for order, state in orders.orders(day).items() if state == "rejected"]
    if rejected:
        raise JobFailed(f"rejected on {day}: {', '.join(rejected)}")
    if not waiting:
        log.info("already traded on %s, nothing placed", day)


def prefix(day: date) -> str:
    return f"aurora-{day}-"


def plan(day: date) -> list[Order]:
    """Follow the trend of the sessions before today, so that the answer is the same all day."""
    orders = []
    for symbol in SYMBOLS:
        closes = [bar.close for bar in bars.read(directory("data"), symbol, day - timedelta(days=1))][-WINDOW:]
        if len(closes) < WINDOW:
            raise JobFailed(f"{len(closes)} bars of {symbol} before {day}, {WINDOW} wanted")
        side = "buy" if closes[-1] >= mean(closes) else "sell"
        orders.append(Order(prefix(day) + symbol, symbol, side, QUANTITY))
    return orders


def place(order: Order, broker: Broker, orders: Journal) -> None:
    try:
        broker.submit(order)
    except Duplicate:
        orders.mark(order, "placed", "found at the broker")
        log.warning("order %s is at the broker already", order.id)
    except Rejected as error:
        orders.mark(order, "rejected", "rejected")
        log.error("order %s rejected: %s", order.id, error)
    else:
        orders.mark(order, "placed", "placed")
        log.info("order %s placed: %s %d %s", order.id, order.side, order.quantity, order.symbol)


def rehearse(day: date, broker: Broker) -> None:
    there = {order.id for order in broker.orders(prefix(day))}
    for order in plan(day):
        if order.id in there:
            log.info("order %s is at the broker already", order.id)
        else:
            log.info("would place %s: %s %d %s", order.id, order.side, order.quantity, order.symbol)
