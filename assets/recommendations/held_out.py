"""What the recommenders are asked about held-out days, and which segment each query is in.

What belongs here: sessions and baskets as queries. What does not: answering and measuring them
(`assets.recommendations.report`).
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from assets.models.products.kinds import ProductKinds
from assets.tables.interactions import Interactions
from evaluation.arrays import Bools

__all__ = ["Query", "View", "hidden_items", "next_alike", "next_baskets", "next_items", "segments"]

_MAX_QUERIES = 2_000
_MAX_VIEWS = 5_000
_Any = TypeVar("_Any")
_SEED = 0
HEAD_SHARE = 0.2
"""Share of the products, those with the most interactions, that are the head."""


class Query(NamedTuple):
    """The items seen so far, oldest first, those that came next, and who asks (none for a guest)."""

    prefix: list[int]
    targets: set[int]
    user: str | None


class View(NamedTuple):
    """A product that was looked at, and the next one of its kind that the same session came to."""

    session: int
    item: int
    target: int


def next_items(rows: Interactions) -> list[Query]:
    """The last item of each session, asked for from the distinct items before it; at most 2,000 queries.

    Repeats of the target within the prefix are left out: they are no recommendation.
    """
    queries = []
    for at in _groups(rows):
        distinct = list(dict.fromkeys(rows.item[at][::-1].tolist()))[::-1]
        if len(distinct) >= 2:
            queries.append(Query(distinct[:-1], {distinct[-1]}, rows.user[int(at[0])]))
    return _thinned(queries)


def hidden_items(rows: Interactions) -> list[Query]:
    """One item of each basket, drawn at random, asked for from the others; at most 2,000 queries."""
    rng = np.random.default_rng(_SEED)
    queries = []
    for at in _groups(rows):
        items = rng.permutation(np.unique(rows.item[at])).tolist()
        if len(items) >= 2:
            queries.append(Query(items[:-1], {items[-1]}, rows.user[int(at[0])]))
    return _thinned(queries)


def next_baskets(rows: Interactions, before: Interactions) -> list[Query]:
    """The first basket of each customer who had bought before, asked for from those purchases; at most 2,000."""
    bought: dict[str, list[int]] = {}
    for user, item in zip(before.user.to_list(), before.item.tolist(), strict=True):
        if user is not None:
            bought.setdefault(user, []).append(item)
    first: dict[str, tuple[int, int, NDArray[np.intp]]] = {}
    for at in _groups(rows):
        user = rows.user[int(at[0])]
        if user in bought:
            came = (int(rows.ts[at].min()), int(rows.group[at[0]]), at)
            first[user] = min(first.get(user, came), came, key=lambda basket: basket[:2])
    queries = [
        Query(sorted(set(bought[user])), set(rows.item[at].tolist()), user)
        for user, (_, _, at) in sorted(first.items())
    ]
    return _thinned(queries)


def next_alike(rows: Interactions, kinds: ProductKinds) -> list[View]:
    """Each product of a session, when first seen, and the first other one of its kind after it; at most 5,000."""
    views = []
    for at in _thinned([at for at in _groups(rows) if np.ptp(rows.item[at]) > 0], _MAX_VIEWS):
        items = rows.item[at]
        for item, first in zip(*np.unique(items, return_index=True), strict=True):
            later = items[first + 1 :]
            later = later[later != item]
            alike = later[kinds.same(np.array([item]), later)] if len(later) else later
            if len(alike):
                views.append(View(int(rows.group[at[0]]), int(item), int(alike[0])))
    return _thinned(views, _MAX_VIEWS)


def segments(queries: Sequence[Query], interactions: NDArray[np.integer], known: set[str]) -> dict[str, Bools]:
    """Who asks, and what for: bool[queries] a segment.

    Users are known or new by ``known``, those seen before the held-out days, or guests. A query's product is new if
    none of its targets had an interaction before, of the head if one of them is among the fifth of all products with
    the most interactions, else of the tail.
    """
    size = int(HEAD_SHARE * len(interactions))
    head = np.zeros(len(interactions), dtype=np.bool_)
    head[np.lexsort((np.arange(len(interactions)), -interactions))[:size]] = True
    head &= interactions > 0
    is_head = np.array([any(head[i] for i in q.targets) for q in queries], dtype=np.bool_)
    is_new = np.array([all(interactions[i] == 0 for i in q.targets) for q in queries], dtype=np.bool_)
    guest = np.array([q.user is None for q in queries], dtype=np.bool_)
    seen = np.array([q.user in known for q in queries], dtype=np.bool_)
    return {
        "known users": seen & ~guest,
        "new users": ~seen & ~guest,
        "guests": guest,
        "head products": is_head,
        "tail products": ~is_head & ~is_new,
        "new products": is_new,
    }


def _groups(rows: Interactions) -> list[NDArray[np.intp]]:
    """Rows of each session or basket; they stand together."""
    ends = np.flatnonzero(np.diff(rows.group)) + 1
    return [at for at in np.split(np.arange(len(rows.group)), ends) if len(at)]


def _thinned(queries: list[_Any], limit: int = _MAX_QUERIES) -> list[_Any]:
    if len(queries) <= limit:
        return queries
    step = len(queries) / limit
    return [queries[int(i * step)] for i in range(limit)]
