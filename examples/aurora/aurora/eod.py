"""Compares the day's journal with the broker's orders and writes the report of the day."""

import json
import logging
from datetime import UTC, datetime

from aurora import files, journal, trading
from aurora.broker import Broker, Order
from aurora.config import Config
from aurora.jobs import JobFailed, directory

log = logging.getLogger(__name__)


def run(config: Config, broker: Broker, dry_run: bool) -> None:
    day = config.today
    there = broker.orders(trading.prefix(day))
    with journal.opened(directory("state"), to_read=dry_run) as orders:
        traded, ours = orders.has(day), orders.orders(day)
    mismatches = compare(ours, there)
    report = {
        "day": day.isoformat(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "traded": traded,
        "orders": [{**vars(order), "state": state, "broker": there.get(order)} for order, state in ours.items()],
        "mismatches": mismatches,
        "equity": broker.account().equity,
        "positions": broker.positions(),
    }
    path = directory("reports") / f"{day}.json"
    if not dry_run:
        try:
            files.replace(path, json.dumps(report, indent=2) + "\n")
        except OSError as error:
            raise JobFailed(f"cannot write {path}: {error.strerror}") from None
    if not traded:
        log.warning("no trading on %s", day)
    for mismatch in mismatches:
        log.error("%s", mismatch)
    if mismatches:
        raise JobFailed(f"{len(mismatches)} orders of {day} do not agree with the broker")
    log.info("%d orders of %s agree with the broker%s", len(ours), day, "" if dry_run else f", see {path}")


def compare(ours: dict[Order, str], there: dict[Order, str]) -> list[str]:
    problems = []
    theirs = {order.id: (order, status) for order, status in there.items()}
    for order, state in ours.items():
        at_broker, status = theirs.pop(order.id, (None, None))
        if state == "open":
            problems.append(f"{order.id} was planned, and trading did not finish")
        elif state == "rejected" and at_broker:
            problems.append(f"{order.id} is rejected here and {status} at the broker")
        elif state == "placed" and at_broker is None:
            problems.append(f"{order.id} is placed here and unknown to the broker")
        elif state == "placed" and at_broker != order:
            problems.append(f"{order.id} has another symbol, side or quantity at the broker")
        elif state == "placed" and status != "filled":
            problems.append(f"{order.id} is {status} at the broker, not filled")
    return problems + [f"{unknown} is at the broker and not in the journal" for unknown in theirs]
