"""How often, how lately and how an item is clicked: float32[n, columns], one row an item.

Belongs here: numbers that need no current session. Time is a share of the history's sessions, so that the same numbers
mean the same in a shop of a thousand sessions a month and of a thousand a minute.
"""

from typing import Final

import numpy as np

from assets.models.sessions.history import SessionHistory
from evaluation.arrays import Floats32, Ints32

__all__ = ["ITEM_COLUMNS", "item_stats", "trending"]

ITEM_COLUMNS: Final = ("pop_1", "pop_5", "pop_20", "pop_all", "seen_age", "first_age", "self_rate", "onward_rate")
WINDOWS = (0.01, 0.05, 0.2, 1.0)
"""Last shares of the sessions over which clicks are counted."""
TREND_HALF_LIFE = 0.02
"""Share of the sessions after which a click counts half for the trend."""
SELF_PRIOR = 5.0
"""Clicks of the average item that each item's self rate is shrunk with."""


def item_stats(history: SessionHistory, half_life: float) -> Floats32:
    """Columns, in order.

    ``pop_1, pop_5, pop_20, pop_all``: ln(1 + clicks per 100,000 sessions of the window); ``seen_age, first_age``: share
    of the sessions since the last and first click, 2 for an item never clicked; ``self_rate``: share of its clicks
    after which it is clicked again at once; ``onward_rate``: its recency-weighted clicks that had a next one.
    """
    n, items, session = history.n_items, history.items, history.session_of_click()
    total = max(len(history), 1)
    columns = []
    for window in WINDOWS:
        size = max(int(total * window), 1)
        recent = items[history.starts[max(len(history) - size, 0)] :]
        columns.append(np.log1p(np.bincount(recent, minlength=n) * (1e5 / size)))
    last, first = np.full(n, -total), np.full(n, total)
    np.maximum.at(last, items, session)
    np.minimum.at(first, items, session)
    never = last < 0
    columns += [np.where(never, 2.0, (total - last) / total), np.where(never, 2.0, (total - first) / total)]
    onward = np.ones(len(items), dtype=np.bool_)
    onward[history.starts[1:] - 1] = False
    source, target = items[onward], items[np.flatnonzero(onward) + 1]
    clicks = np.bincount(source, minlength=n)
    again = np.bincount(source[source == target], minlength=n)
    mean = again.sum() / max(clicks.sum(), 1)
    columns.append((again + SELF_PRIOR * mean) / (clicks + SELF_PRIOR))
    weight = np.exp2((session[onward] - total) / (half_life * total))
    columns.append(np.bincount(source, weights=weight, minlength=n))
    return np.ascontiguousarray(np.column_stack(columns), dtype=np.float32)


def trending(history: SessionHistory) -> Ints32:
    """Items ever clicked, those with the most clicks first, late clicks counting most; ties by number: int32[m]."""
    total = max(len(history), 1)
    weight = np.exp2((history.session_of_click() - total) / (TREND_HALF_LIFE * total))
    score = np.bincount(history.items, weights=weight, minlength=history.n_items)
    clicked = np.flatnonzero(np.bincount(history.items, minlength=history.n_items))
    return clicked[np.lexsort((clicked, -score[clicked]))].astype(np.int32)
