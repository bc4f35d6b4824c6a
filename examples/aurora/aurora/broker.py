"""The broker's REST API. Any answer that cannot be used is a BrokerError; none shows the keys."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from http.client import HTTPException
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from aurora.config import Config

DUPLICATE = 40010001  # the code in a 422 answer when the client_order_id is taken
PAGE = 500


class BrokerError(Exception):
    """No usable answer. The order in question, if any, may or may not have been taken."""


class Rejected(BrokerError):
    """The broker has not taken this order and will not."""


class Duplicate(BrokerError):
    """The broker already has an order with this id."""


@dataclass(frozen=True)
class Order:
    id: str  # ours, the client_order_id
    symbol: str
    side: str
    quantity: int


@dataclass(frozen=True)
class Account:
    number: str
    status: str
    blocked: bool
    equity: float


@dataclass(frozen=True)
class Clock:
    now: datetime
    is_open: bool


@dataclass(frozen=True)
class Bar:
    day: date
    open: float
    high: float
    low: float
    close: float
    volume: int


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the keys to another host."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class Broker:
    def __init__(self, config: Config) -> None:
        self._endpoint = config.endpoint
        self._timeout = config.timeout_seconds
        self._headers = {
            "APCA-API-KEY-ID": config.key_id,
            "APCA-API-SECRET-KEY": config.secret_key,
            "Content-Type": "application/json",
        }
        self._opener = build_opener(_NoRedirect)

    def account(self) -> Account:
        got = self._ask("/v2/account")
        try:
            blocked = bool(got["trading_blocked"] or got["account_blocked"])
            return Account(str(got["account_number"]), str(got["status"]), blocked, float(got["equity"]))
        except (KeyError, TypeError, ValueError) as error:
            _unexpected("/v2/account", error)

    def clock(self) -> Clock:
        got = self._ask("/v2/clock")
        try:
            now = datetime.fromisoformat(got["timestamp"])
            if now.tzinfo is None:
                raise ValueError("timestamp without offset")
            return Clock(now, bool(got["is_open"]))
        except (KeyError, TypeError, ValueError) as error:
            _unexpected("/v2/clock", error)

    def positions(self) -> dict[str, int]:
        got = self._ask("/v2/positions")
        try:
            return {str(position["symbol"]): int(position["qty"]) for position in got}
        except (KeyError, TypeError, ValueError) as error:
            _unexpected("/v2/positions", error)

    def orders(self, prefix: str) -> dict[Order, str]:
        """The orders whose id starts so, each with the broker's status."""
        got = self._ask("/v2/orders?" + urlencode({"status": "all", "limit": PAGE, "direction": "desc"}))
        try:
            return {
                Order(order["client_order_id"], order["symbol"], order["side"], int(order["qty"])): str(order["status"])
                for order in got
                if order["client_order_id"].startswith(prefix)
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _unexpected("/v2/orders", error)

    def submit(self, order: Order) -> None:
        """Place an order at the market. The broker takes one id once, so it may safely be sent again."""
        body = {
            "client_order_id": order.id,
            "symbol": order.symbol,
            "side": order.side,
            "qty": str(order.quantity),
            "type": "market",
            "time_in_force": "day",
        }
        self._ask("/v2/orders", body)

    def bars(self, symbol: str, first: date, last: date) -> list[Bar]:
        query = {"symbols": symbol, "timeframe": "1Day", "start": first.isoformat(), "end": last.isoformat()}
        got = self._ask("/v2/bars?" + urlencode(query))
        try:
            return [
                Bar(date.fromisoformat(bar["t"][:10]), *(float(bar[key]) for key in "ohlc"), int(bar["v"]))
                for bar in got["bars"].get(symbol, [])
            ]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _unexpected("/v2/bars", error)

    def _ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._endpoint + path, data, self._headers)
        page = path.partition("?")[0]
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return json.load(response)
        except HTTPError as error:
            raise _refusal(error, page, placing=body is not None) from None
        except (OSError, HTTPException, ValueError) as error:
            raise BrokerError(f"no answer from {page}: {error}") from None


def _refusal(error: HTTPError, page: str, placing: bool) -> BrokerError:
    try:
        answer = json.load(error)
        code, message = answer.get("code"), answer.get("message")
    except (OSError, HTTPException, ValueError, AttributeError):
        code, message = None, None
    text = f"HTTP {error.code} from {page}" + (f": {message}" if message else "")
    if placing and error.code == 422 and code == DUPLICATE:
        return Duplicate(text)
    if placing and error.code in (403, 422):
        return Rejected(text)
    return BrokerError(text)


def _unexpected(page: str, error: Exception) -> NoReturn:
    raise BrokerError(f"unexpected answer from {page}: {error!r}") from None
