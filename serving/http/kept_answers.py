"""Answers that follow from the release and the URL alone, kept as bytes: asked for again they cost a look-up.

What belongs here: keeping within a bound, forgetting when the release or what it answers changes, and telling a caller
that what it has is still so (RFC 9110, conditional requests). Which routes may be kept is said by each (``opt``), and
it is asked by `serving.http.gate` after the key and the rate.
"""

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from prometheus_client import Counter

__all__ = ["Kept", "KeptAnswers"]

MAX_BYTES = 64_000_000
"""Bytes of bodies that are kept, some 20,000 lists."""
_CACHING = (b"cache-control", b"private, no-cache")
"""A browser may keep it and asks each time whether it still holds: the next release may answer otherwise."""


class Kept(NamedTuple):
    """An answer of status 200."""

    headers: list[tuple[bytes, bytes]]
    body: bytes
    counters: tuple[Counter, ...]
    """What counts it."""
    tag: bytes
    """Its entity tag, in quotation marks."""

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]], body: bytes, counters: tuple[Counter, ...] = ()) -> "Kept":
        """An answer with its tag, of which the headers tell the caller."""
        tag = b'"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'
        return cls([*headers, (b"etag", tag), _CACHING], body, counters, tag)

    def is_known(self, tags: bytes) -> bool:
        """Whether the caller, whose ``If-None-Match`` are these, has this answer."""
        return any(tag.strip().removeprefix(b"W/") in (self.tag, b"*") for tag in tags.split(b","))

    @property
    def unchanged(self) -> list[tuple[bytes, bytes]]:
        """Headers of the answer that says so, which has no body."""
        return [(name, value) for name, value in self.headers if name not in (b"content-length", b"content-type")]


def _never(_: float) -> float:
    return math.inf


class KeptAnswers:
    """The answers of the release that answers now, the least recently used one forgotten first."""

    def __init__(
        self,
        release: Callable[[], object],
        max_bytes: int = MAX_BYTES,
        *,
        next_change: Callable[[float], float] = _never,
    ) -> None:
        """Keep answers of one release.

        Args:
            release: Gives what answers now; another object makes all that was kept stale.
            max_bytes: Of all bodies together.
            next_change: The first instant after another at which the release answers otherwise, both in seconds since
                1970; infinity for none.
        """
        self._release, self._max_bytes, self._next_change = release, max_bytes, next_change
        self._of: object = None
        self._until = math.inf
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0
        self.period = 0
        """Number of what answers; what was made in an earlier one is stale."""

    def find(self, url: bytes) -> Kept | None:
        """The answer to ``url``, or none."""
        release = self._release()
        if release is not self._of or (self._until < math.inf and time.time() >= self._until):
            self._of, self._bytes, self.period = release, 0, self.period + 1
            self._until = self._next_change(time.time())
            self._kept.clear()
        kept = self._kept.get(url)
        if kept is not None:
            self._kept.move_to_end(url)
        return kept

    def keep(self, url: bytes, answer: Kept, period: int) -> None:
        """Keep what `find` did not know in ``period``; dropped where another one has begun since then."""
        if self._release() is not self._of or period != self.period or url in self._kept:
            return
        self._kept[url] = answer
        self._bytes += len(url) + len(answer.body)
        while self._bytes > self._max_bytes:
            forgotten, old = self._kept.popitem(last=False)
            self._bytes -= len(forgotten) + len(old.body)
