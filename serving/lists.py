"""The lists that the API answers with: for each, its chain of steps, which always ends in popularity.

What belongs here: the order of steps. Synchronous and without I/O. Search, which may wait for a vector of its query, is
`serving.search`.
"""

from collections.abc import Sequence

from serving.answers import ListAnswer, list_answer
from serving.chains import fill
from serving.eligible import check_category, eligible, position_of
from serving.snapshot import Snapshot
from serving.steps import Steps, deepest_categories

__all__ = ["bought_together", "category", "popular", "session", "similar"]


def similar(snapshot: Snapshot, product_id: str, *, limit: int, in_stock_only: bool) -> ListAnswer:
    """Similar → the product's categories, narrowest first → popularity; never the product itself."""
    item = position_of(snapshot.release.catalogue, product_id)
    steps = Steps(snapshot, eligible(snapshot, in_stock_only=in_stock_only))
    chain = [steps.similar([item]), *map(steps.category, deepest_categories(snapshot, item)), steps.popular()]
    return list_answer(snapshot, fill(chain, limit, {item}))


def bought_together(snapshot: Snapshot, product_ids: Sequence[str], *, limit: int, in_stock_only: bool) -> ListAnswer:
    """Bought together → similar → the last product's categories → popularity; never what is in the cart."""
    items = [position_of(snapshot.release.catalogue, product_id) for product_id in product_ids]
    steps = Steps(snapshot, eligible(snapshot, in_stock_only=in_stock_only))
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
    steps = Steps(snapshot, eligible(snapshot, in_stock_only=in_stock_only))
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
    steps = Steps(snapshot, eligible(snapshot, in_stock_only=in_stock_only))
    if name is None:
        chain = [steps.affinity(user_id)]
    else:
        check_category(catalogue, name)
        parts = name.split(" > ")
        chain = [steps.category(" > ".join(parts[:n])) for n in range(len(parts), 0, -1)]
    return list_answer(snapshot, fill([*chain, steps.popular()], limit))


def popular(snapshot: Snapshot, *, limit: int, in_stock_only: bool) -> ListAnswer:
    """Popularity alone."""
    steps = Steps(snapshot, eligible(snapshot, in_stock_only=in_stock_only))
    return list_answer(snapshot, fill([steps.popular()], limit))
