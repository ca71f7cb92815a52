"""Item-kNN as a baseline: items that share sessions with the last one (Hidasi et al., ICLR 2016, section 4).

Belongs here: the baseline that tables of session recommenders have; nothing of the product uses it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.models.ranked import Ranked, empty, top_k

__all__ = ["ItemKnn"]

SHRINKAGE = 20.0
"""Sessions added to the denominator, so that few shared ones count little."""


class ItemKnn:
    """Sessions by items and items by sessions, each pair once."""

    def __init__(self, session: NDArray[np.integer], item: NDArray[np.integer], n_items: int) -> None:
        """Index (session, item) rows: int64[m] numbers from 0 and int64[m] positions below ``n_items``."""
        from scipy.sparse import csr_matrix

        pairs = csr_matrix((np.ones(len(item)), (session, item)), shape=(int(session.max()) + 1, n_items))
        pairs.data[:] = 1.0
        self._by_session: Any = pairs
        self._by_item: Any = pairs.T.tocsr()
        self._sessions = np.diff(self._by_item.indptr).astype(np.float64)
        self._known: dict[int, Ranked] = {}

    def recommend(self, viewed: Sequence[int], k: int) -> Ranked:
        """At most ``k`` items by shared sessions / (√(sessions · sessions of the last item) + shrinkage)."""
        last = viewed[-1]
        if last < 0:
            return empty()
        if last not in self._known:
            shared = np.asarray(self._by_session[self._by_item[last].indices].sum(axis=0)).ravel()
            shared[last] = 0
            items = np.flatnonzero(shared)
            scores = shared[items] / (np.sqrt(self._sessions[items] * self._sessions[last]) + SHRINKAGE)
            self._known[last] = top_k(items.astype(np.int32), scores, k)
        return self._known[last]
