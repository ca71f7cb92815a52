"""Vectors of search queries, remembered.

What belongs here: the encoder behind a least-recently-used memory. Encoding takes milliseconds, so it is for threads;
the event loop may ask what is `known`.
"""

import threading
from collections import OrderedDict

import numpy as np

from evaluation.arrays import Floats32
from resources.encoder.text_encoder import TextEncoder

__all__ = ["QueryVectors"]

MAX_QUERIES = 10_000
"""Vectors remembered, about 1.6 kB each."""


class QueryVectors:
    """Query → float32[d] of length 1; white space and case do not matter. Safe to use from several threads."""

    def __init__(self, encoder: TextEncoder, limit: int = MAX_QUERIES) -> None:
        self._encoder = encoder
        self._limit = limit
        self._vectors: OrderedDict[str, Floats32] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, query: str) -> Floats32 | None:
        """The remembered vector, or none."""
        key = _key(query)
        with self._lock:
            vector = self._vectors.get(key)
            if vector is not None:
                self._vectors.move_to_end(key)
            return vector

    def encode(self, query: str) -> Floats32:
        """The vector of ``query``, encoded if it is not remembered."""
        vector = self.known(query)
        if vector is not None:
            return vector
        key = _key(query)
        vector = np.ascontiguousarray(self._encoder.encode([key], batch_rows=1, query=True)[0])
        with self._lock:
            self._vectors[key] = vector
            if len(self._vectors) > self._limit:
                self._vectors.popitem(last=False)
        return vector


def _key(query: str) -> str:
    return " ".join(query.lower().split())
