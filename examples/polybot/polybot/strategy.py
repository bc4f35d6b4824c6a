"""The toy strategy: buy below the recent average, sell above it, do nothing when the market is nervous."""

from collections.abc import Sequence
from statistics import fmean

WINDOW = 5
MAX_POSITION = 5
CALM_BELOW_VIX = 30.0
EDGE = 0.001


def decide(prices: Sequence[float], vix: float, position: int) -> int:
    """The quantity to trade now: 1 buys, -1 sells, 0 waits."""
    if len(prices) < WINDOW or vix >= CALM_BELOW_VIX:
        return 0
    average = fmean(prices[-WINDOW:])
    if prices[-1] < average * (1 - EDGE) and position < MAX_POSITION:
        return 1
    if prices[-1] > average * (1 + EDGE) and position > -MAX_POSITION:
        return -1
    return 0
