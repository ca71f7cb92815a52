"""The token buckets of all processes that answer on one port, in memory that they share.

What belongs here: the table, its locks and its bound. One process alone uses `serving.http.limits`.

A bucket is one number, the moment from which it is full again (GCRA, the virtual scheduling form of a token bucket).
The table is set-associative: a caller's digest names one of SETS sets, which holds the WAYS callers that lack most. A
bucket that is full again is forgotten without a loss, as an unknown caller has a full one. So the limit is exact while
no more than WAYS callers of one set are short of tokens at once; beyond, the one nearest to full gets a full bucket too
early. A set is locked by a record lock, which the kernel releases when its holder is killed.
"""

import fcntl
import math
import mmap
import os
import secrets
import struct
import tempfile
import time
from hashlib import blake2b

__all__ = ["SharedTokenBuckets", "allocate"]

SETS, WAYS = 8_192, 8
_DIGEST_BYTES = 16
_FULL_AT = struct.Struct("=d")
_HEADER_BYTES = _DIGEST_BYTES
"""The secret of the digests, so that nobody can choose addresses that meet in one set."""
_TIMES = WAYS * _DIGEST_BYTES
"""A set is WAYS digests of callers, and from here the seconds of the host's monotonic clock at which each is full."""
_SET_BYTES = _TIMES + WAYS * _FULL_AT.size
_SLACK = 1e-6
"""Of a token: what rounding may take of it."""


def allocate() -> int:
    """Make the table, empty; the descriptor of its memory, which other processes may inherit."""
    if hasattr(os, "memfd_create"):
        memory = os.memfd_create("upshelf-limits")
    else:
        with tempfile.TemporaryFile() as file:
            memory = os.dup(file.fileno())
    os.ftruncate(memory, _HEADER_BYTES + SETS * _SET_BYTES)
    os.pwrite(memory, secrets.token_bytes(_HEADER_BYTES), 0)
    return memory


class SharedTokenBuckets:
    """Each caller may keep up ``rate`` requests a second and send ``burst`` at once; rate 0 is no limit.

    Use from one thread a process.

    Args:
        rate: Tokens a second.
        burst: Tokens of a full bucket, at least 1.
        memory: Descriptor that `allocate` made, of this process or inherited; it stays the caller's.
    """

    def __init__(self, rate: float, burst: int, memory: int) -> None:
        self._rate, self._burst, self._memory = rate, float(burst), memory
        self._table = mmap.mmap(memory, _HEADER_BYTES + SETS * _SET_BYTES)
        self._secret = self._table[:_HEADER_BYTES]

    def take(self, caller: str, now: float | None = None) -> int:
        """Take one token: 0 if there was one, else the whole seconds until there is.

        Args:
            caller: Whose bucket.
            now: Seconds of a monotonic clock that all processes share (default: the host's).
        """
        if self._rate == 0:
            return 0
        digest = blake2b(caller.encode(), digest_size=_DIGEST_BYTES, key=self._secret).digest()
        start = _HEADER_BYTES + int.from_bytes(digest[:4], "little") % SETS * _SET_BYTES
        fcntl.lockf(self._memory, fcntl.LOCK_EX, _SET_BYTES, start)
        try:
            return self._take(start, digest, time.monotonic() if now is None else now)
        finally:
            fcntl.lockf(self._memory, fcntl.LOCK_UN, _SET_BYTES, start)

    def _take(self, start: int, digest: bytes, now: float) -> int:
        """The same within the set that begins at ``start``, which is locked."""
        owners = self._table[start : start + _TIMES]
        way, misplaced = divmod(owners.find(digest), _DIGEST_BYTES)
        is_known = way >= 0 and not misplaced
        full_at = max(self._full_at(start, way), now) if is_known else now
        tokens = self._burst - (full_at - now) * self._rate
        if tokens < 1 - _SLACK:
            return max(1, math.ceil((1 - tokens) / self._rate - _SLACK))
        if not is_known:
            way = min(range(WAYS), key=lambda i: self._full_at(start, i))
            owner = start + way * _DIGEST_BYTES
            self._table[owner : owner + _DIGEST_BYTES] = digest
        _FULL_AT.pack_into(self._table, start + _TIMES + way * _FULL_AT.size, full_at + 1 / self._rate)
        return 0

    def _full_at(self, start: int, way: int) -> float:
        at: float = _FULL_AT.unpack_from(self._table, start + _TIMES + way * _FULL_AT.size)[0]
        return at
