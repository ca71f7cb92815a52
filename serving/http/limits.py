"""A token bucket for each caller, in this process's memory.

What belongs here: the bucket and its bounded table. Who a caller is, is decided in `serving.http.gate`; buckets of
several processes are in `serving.http.shared_limits`.
"""

import math
import time
from collections import OrderedDict
from typing import Protocol

__all__ = ["Limits", "TokenBuckets"]

MAX_CALLERS = 50_000
"""Callers remembered; the one longest unseen goes first, and comes back with a full bucket."""


class Limits(Protocol):
    """What the gate asks; `TokenBuckets` is one."""

    def take(self, caller: str) -> int:
        """Take one token: 0 if there was one, else the whole seconds until there is."""


class TokenBuckets:
    """Each caller may keep up ``rate`` requests a second and send ``burst`` at once; rate 0 is no limit."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float | None = None) -> int:
        """Take one token: 0 if there was one, else the whole seconds until there is.

        Args:
            caller: Whose bucket.
            now: Seconds of a monotonic clock (default: the process's).
        """
        if self._rate == 0:
            return 0
        now = time.monotonic() if now is None else now
        tokens, then = self._buckets.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        allowed = tokens >= 1
        self._buckets[caller] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) / self._rate))
