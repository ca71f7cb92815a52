"""Co-visitation: what was clicked shortly after, and shortly before, each item.

Belongs here: directed, distance- and recency-weighted transition counts and their lists per item. How they are
weighed against other signs of interest is learnt by the session ranker.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assets.models.compiled.cache import compiled
from assets.models.compiled.partial_sort import top
from assets.models.sessions.history import SessionHistory
from evaluation.arrays import Floats32, Ints, Ints32

__all__ = ["COLUMNS", "Covisitation"]

COLUMNS = ("next", "after", "before", "any")
"""Columns of ``values``: recency-weighted clicks at once after; after within ``LAGS``, each counting 1 / lag; before,
likewise; and before or after, each counting 1 / lag whenever it was."""
LAGS = 8
"""Clicks apart that still count."""
PARTNERS = 80
"""Partners kept of an item."""


@dataclass(frozen=True, slots=True)
class Covisitation:
    """Partners of item ``i``: ``partners[starts[i] : starts[i + 1]]``, the strongest first, with their ``values``."""

    starts: Ints
    partners: Ints32
    values: Floats32

    @classmethod
    def fit(cls, history: SessionHistory, half_life: float) -> Self:
        """Count transitions between distinct items.

        Args:
            history: Past sessions.
            half_life: Share of the sessions after which a transition counts half, above 0.

        Raises:
            ValueError: If ``half_life`` is not above 0.
        """
        if not half_life > 0:
            raise ValueError(f"half_life is {half_life}: it is a share of the sessions and must be above 0.")
        session = history.session_of_click()
        clicks = np.argsort(history.items, kind="stable")
        of_item = np.concatenate(([0], np.cumsum(np.bincount(history.items, minlength=history.n_items))))
        n = max(len(history), 1)
        weight = np.exp2((np.arange(n) - n) / (half_life * n)).astype(np.float32)
        of_item = of_item.astype(np.int64)
        starts, partners, values = _count(
            history.items, history.starts, session, clicks, of_item, weight, LAGS, PARTNERS
        )
        return cls(starts, partners.copy(), values.copy())


@compiled()
def _count(items, starts, session, clicks, of_item, weight, lags, most):
    """Walk the clicks of one item after another, adding up its surroundings in dense rows that are wiped after."""
    n_items = len(of_item) - 1
    sums = np.zeros((n_items, 4), dtype=np.float32)
    touched = np.empty(n_items, dtype=np.int32)
    strength = np.empty(n_items, dtype=np.float32)
    out_starts = np.zeros(n_items + 1, dtype=np.int64)
    room = 0
    for i in range(n_items):
        room += min(most, (of_item[i + 1] - of_item[i]) * 2 * lags)
    partners = np.empty(room, dtype=np.int32)
    values = np.empty((room, 4), dtype=np.float32)
    end = 0
    for i in range(n_items):
        n = 0
        for c in range(of_item[i], of_item[i + 1]):
            place = clicks[c]
            s = session[place]
            for step in range(-lags, lags + 1):
                other = place + step
                if other < starts[s] or other >= starts[s + 1]:
                    continue
                j = items[other]
                if j == i:
                    continue
                if sums[j, 3] == 0:
                    touched[n] = j
                    n += 1
                share = np.float32(1.0) / abs(step)
                sums[j, 3] += share
                if step > 0:
                    sums[j, 1] += weight[s] * share
                    if step == 1:
                        sums[j, 0] += weight[s]
                else:
                    sums[j, 2] += weight[s] * share
        for t in range(n):
            row = sums[touched[t]]
            strength[t] = row[0] + row[1] + np.float32(0.6) * row[2] + np.float32(0.05) * row[3]
        for t in top(strength, n, most):
            partners[end] = touched[t]
            for q in range(4):
                values[end, q] = sums[touched[t], q]
            end += 1
        for t in range(n):
            for q in range(4):
                sums[touched[t], q] = 0
        out_starts[i + 1] = end
    return out_starts, partners[:end], values[:end]
