"""The lists that the API answers with: for each, its chain of steps, which always ends in popularity.

What belongs here: the order of steps. Synchronous and without I/O but for search, whose query vector may have to be
encoded in a thread.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from serving.answers import ListAnswer, list_answer
from serving.chains import fill
from serving.eligible import check_category, eligible, position_of
from serving.segment_popularity import segment_popularity
from serving.snapshot import Snapshot
from serving.steps import Steps, deepest_categories
from serving.workers import BusyError, Workers

__all__ = ["bought_together", "category", "popular", "search", "session", "similar"]


async def search(
    snapshot: Snapshot,
    workers: Workers,
    query: str,
    *,
    limit: int,
    category: str | None = None,
    in_stock_only: bool = False,
) -> ListAnswer:
    """Product id → words and meaning → words → meaning → popularity; misspelt words are corrected first."""
    allowed = eligible(snapshot.release.catalogue, in_stock_only=in_stock_only, category=category)
    lexical = snapshot.release.lexical
    corrected = query if lexical is None else lexical.corrected(query)
    vector, missing = await _query_vector(snapshot, workers, corrected)
    steps = Steps(snapshot, allowed)
    chain = [
        *steps.exact(query),
        steps.hybrid(corrected, vector, missing),
        steps.lexical(corrected),
        steps.meaning(corrected, vector, missing),
        steps.popular(),
    ]
    return list_answer(snapshot, fill(chain, limit), None if corrected == query else corrected)


async def _query_vector(
    snapshot: Snapshot, workers: Workers, query: str
) -> tuple[NDArray[np.float32] | None, str | None]:
    """The query's vector, or none and why."""
    if snapshot.queries is None:
        return None, "this release has no encoder of queries"
    vector = snapshot.queries.known(query)
    if vector is None:
        try:
            vector = await workers.run("encode", snapshot.queries.encode, query)
        except BusyError:
            # Words alone answer at once: better than to let shoppers wait or to refuse them.
            return None, "too many queries are waiting for their vectors"
    return vector, None


def similar(snapshot: Snapshot, product_id: str, *, limit: int, in_stock_only: bool) -> ListAnswer:
    """Similar → the product's categories, narrowest first → popularity; never the product itself."""
    item = position_of(snapshot.release.catalogue, product_id)
    steps = Steps(snapshot, eligible(snapshot.release.catalogue, in_stock_only=in_stock_only))
    chain = [steps.similar([item]), *map(steps.category, deepest_categories(snapshot, item)), steps.popular()]
    return list_answer(snapshot, fill(chain, limit, {item}))


def bought_together(snapshot: Snapshot, product_ids: Sequence[str], *, limit: int, in_stock_only: bool) -> ListAnswer:
    """Bought together → similar → the last product's categories → popularity; never what is in the cart."""
    items = [position_of(snapshot.release.catalogue, product_id) for product_id in product_ids]
    steps = Steps(snapshot, eligible(snapshot.release.catalogue, in_stock_only=in_stock_only))
    chain = [
        steps.bought_together(items),
        steps.similar(items),
        *(steps.category(name) for name in deepest_categories(snapshot, items[-1])),
        steps.popular(),
    ]
    return list_answer(snapshot, fill(chain, limit, items))


def session(
    snapshot: Snapshot, viewed: Sequence[str], *, user_id: str | None, limit: int, in_stock_only: bool
) -> ListAnswer:
    """Session → similar → the last product's categories → the user's categories → popularity; nothing viewed."""
    catalogue = snapshot.release.catalogue
    items = [item for item in catalogue.positions(viewed).tolist() if item >= 0]
    steps = Steps(snapshot, eligible(catalogue, in_stock_only=in_stock_only))
    chain = [
        steps.session(items),
        steps.similar(items),
        *(steps.category(name) for name in (deepest_categories(snapshot, items[-1]) if items else [])),
        steps.affinity(user_id),
        steps.popular(),
    ]
    return list_answer(snapshot, fill(chain, limit, items))


def category(
    snapshot: Snapshot, name: str | None, *, user_id: str | None, limit: int, in_stock_only: bool
) -> ListAnswer:
    """A named category → the categories above it → popularity; without a name the user's categories → popularity."""
    catalogue = snapshot.release.catalogue
    steps = Steps(snapshot, eligible(catalogue, in_stock_only=in_stock_only))
    if name is None:
        chain = [steps.affinity(user_id)]
    else:
        check_category(catalogue, name)
        parts = name.split(" > ")
        chain = [steps.category(" > ".join(parts[:n])) for n in range(len(parts), 0, -1)]
    return list_answer(snapshot, fill([*chain, steps.popular()], limit))


def popular(snapshot: Snapshot, *, user_id: str | None, limit: int, in_stock_only: bool) -> ListAnswer:
    """Popularity in the user's segment, if there is one → popularity."""
    allowed = eligible(snapshot.release.catalogue, in_stock_only=in_stock_only)
    chain = [*segment_popularity(snapshot, allowed, user_id), Steps(snapshot, allowed).popular()]
    return list_answer(snapshot, fill(chain, limit))
