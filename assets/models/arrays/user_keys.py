"""The 64-bit key of a user id, by which per-user tables are sorted and searched.

Belongs here: the hash and the look-up in a sorted key column. At 10 million users the chance that any two share
a key is about 3 in a million (birthday bound, n²/2⁶⁵).
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_key", "kept_rows", "user_key", "user_keys"]


def user_key(user_id: str) -> int:
    """First 64 bits of blake2b of the UTF-8 id, little-endian, in 0 … 2⁶⁴-1; the same on every machine."""
    return int.from_bytes(_digest(user_id), "little")


def user_keys(user_ids: Iterable[str]) -> NDArray[np.uint64]:
    """Keys of many ids: uint64[n]."""
    return np.frombuffer(b"".join(map(_digest, user_ids)), dtype="<u8").astype(np.uint64)


def find_key(keys: NDArray[np.uint64], user_id: str) -> int:
    """Row of a user in an ascending key column, -1 when it is not there."""
    key = np.uint64(user_key(user_id))
    row = int(np.searchsorted(keys, key))
    return row if row < len(keys) and keys[row] == key else -1


def kept_rows(starts: NDArray[np.int64], kept: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Compressed rows ``starts`` with the ``kept`` ones alone: their starts, and which values stay (bool)."""
    sizes = np.diff(starts)
    return np.concatenate(([0], np.cumsum(sizes[kept]))).astype(np.int64), np.repeat(kept, sizes)


def _digest(user_id: str) -> bytes:
    # An id may hold a lone surrogate when it came through JSON: it is an id like any other.
    return blake2b(user_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
