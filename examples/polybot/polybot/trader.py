"""One trading cycle: look, settle what is open, decide, trade, write down."""

import logging
from pathlib import Path
from uuid import uuid4

from polybot import position
from polybot.exchange import Exchange, Refused
from polybot.health import Health
from polybot.ledger import Ledger, Order
from polybot.strategy import WINDOW, decide

log = logging.getLogger(__name__)


class Trader:
    def __init__(self, exchange: Exchange, ledger: Ledger, position_file: Path, health: Health) -> None:
        self._exchange = exchange
        self._ledger = ledger
        self._position_file = position_file
        self._health = health
        self._prices: list[float] = []

    def cycle(self) -> None:
        quote = self._exchange.quote()
        log.info("VIX %.1f", quote.vix)
        log.info("Update price %.2f block %d", quote.price, quote.block)
        self._settle()  # first, so that an order left open by a crash counts before the next decision
        self._prices = [*self._prices, quote.price][-WINDOW:]
        quantity = decide(self._prices, quote.vix, self._ledger.position())
        if quantity:
            self._ledger.add(Order(uuid4().hex, quantity, quote.price))
            self._settle()
        self._report(quote.block)

    def _settle(self) -> None:
        for order in self._ledger.open_orders():
            try:
                self._exchange.submit(order)
            except Refused as error:
                self._ledger.mark(order, "rejected")
                log.error("Order %s rejected: %s", order.id, error)
            else:
                self._ledger.mark(order, "filled")
                side = "buy" if order.quantity > 0 else "sell"
                log.info("Trade %s %d at %.2f", side, abs(order.quantity), order.price)

    def _report(self, block: int) -> None:
        held, trades = self._ledger.position(), self._ledger.trades()
        position.save(self._position_file, held, trades)
        self._health.update(held, trades, block)
        log.info("Position: %d", held)
