"""The outside world: prices and orders at MARKET_URL, the chain's block number at POLYGON_RPC_URL."""

import hmac
import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from polybot.ledger import Order

TIMEOUT_SECONDS = 2.0


class MarketDown(Exception):
    """No usable answer. The caller keeps its state and tries again in the next cycle."""


class Refused(Exception):
    """A definite no: asking for the same thing again would get the same answer."""


@dataclass(frozen=True)
class Quote:
    price: float
    vix: float
    block: int


class Exchange:
    def __init__(self, market_url: str, rpc_url: str, wallet_key: bytes) -> None:
        self._market_url = market_url
        self._rpc_url = rpc_url
        self._wallet_key = wallet_key

    def quote(self) -> Quote:
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
        price = _ask(Request(f"{self._market_url}/price"))
        vix = _ask(Request(f"{self._market_url}/vix"))
        block = _ask(Request(self._rpc_url, json.dumps(call).encode(), {"Content-Type": "application/json"}))
        try:
            return Quote(float(price["price"]), float(vix["vix"]), int(block["result"], 16))
        except (KeyError, TypeError, ValueError) as error:
            raise MarketDown(f"unexpected answer: {error!r}") from error

    def submit(self, order: Order) -> None:
        """Place an order. The market fills one id once, so an order may safely be sent again."""
        body = json.dumps({"id": order.id, "quantity": order.quantity, "price": order.price}).encode()
        signature = hmac.new(self._wallet_key, body, "sha256").hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": f"sha256={signature}"}
        _ask(Request(f"{self._market_url}/orders", body, headers))


def _ask(request: Request) -> dict[str, Any]:
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            answer = json.load(response)
    except HTTPError as error:
        if 400 <= error.code < 500:
            raise Refused(f"HTTP {error.code} from {request.full_url}") from error
        raise MarketDown(f"HTTP {error.code} from {request.full_url}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise MarketDown(f"{request.full_url}: {error}") from error
    if not isinstance(answer, dict):
        raise MarketDown(f"{request.full_url}: not a JSON object")
    return answer
