"""The lists that the API answers with: for each, its chain of steps, which always ends in popularity.

What belongs here: the order of steps. Synchronous and without I/O; search is `serving.search`.
"""

from collections.abc import Sequence

from serving.answers import ListAnswer, list_answer
from serving.eligible import check_category, position_of
from serving.ruled import Wanted, under_rules
from serving.segment_popularity import segment_popularity
from serving.snapshot import Snapshot
from serving.steps import Steps, deepest_categories

__all__ = ["bought_together", "category", "popular", "session", "similar"]


def similar(snapshot: Snapshot, product_id: str, wanted: Wanted, *, user_id: str | None = None) -> ListAnswer:
    """Similar → the product's categories, narrowest first → popularity; never the product itself."""
    item = position_of(snapshot.release.catalogue, product_id)
    ruled = under_rules(snapshot, "similar", wanted, starts_from=[item], user_id=user_id)
    steps = Steps(snapshot, ruled.allowed)
    chain = [steps.similar([item]), *map(steps.category, deepest_categories(snapshot, item)), steps.popular()]
    return list_answer(snapshot, ruled.fill(chain))


def bought_together(
    snapshot: Snapshot, cart: Sequence[str], wanted: Wanted, *, user_id: str | None = None
) -> ListAnswer:
    """Bought together → similar → the last product's categories → popularity; never what is in the cart.

    Unknown products of the cart are ignored.
    """
    items = [item for item in snapshot.release.catalogue.positions(cart).tolist() if item >= 0]
    ruled = under_rules(snapshot, "bought_together", wanted, starts_from=items, user_id=user_id)
    steps = Steps(snapshot, ruled.allowed)
    chain = [
        steps.bought_together(items),
        steps.similar(items),
        *(steps.category(name) for name in (deepest_categories(snapshot, items[-1]) if items else [])),
        steps.popular(),
    ]
    return list_answer(snapshot, ruled.fill(chain))


def session(
    snapshot: Snapshot, viewed: Sequence[str], wanted: Wanted, *, user_id: str | None, surface: str = "session"
) -> ListAnswer:
    """Session → similar → the last product's categories → the user's categories → popularity; nothing viewed."""
    items = [item for item in snapshot.release.catalogue.positions(viewed).tolist() if item >= 0]
    ruled = under_rules(snapshot, surface, wanted, starts_from=items, user_id=user_id)
    steps = Steps(snapshot, ruled.allowed)
    chain = [
        steps.session(items),
        steps.similar(items),
        *(steps.category(name) for name in (deepest_categories(snapshot, items[-1]) if items else [])),
        steps.affinity(user_id),
        steps.popular(),
    ]
    return list_answer(snapshot, ruled.fill(chain))


def category(snapshot: Snapshot, name: str | None, wanted: Wanted, *, user_id: str | None) -> ListAnswer:
    """A named category → the categories above it → popularity; without a name the user's categories → popularity."""
    if name is not None:
        check_category(snapshot.release.catalogue, name)
    ruled = under_rules(snapshot, "category", wanted, category=name, user_id=user_id)
    steps = Steps(snapshot, ruled.allowed)
    if name is None:
        chain = [steps.affinity(user_id)]
    else:
        parts = name.split(" > ")
        chain = [steps.category(" > ".join(parts[:n])) for n in range(len(parts), 0, -1)]
    return list_answer(snapshot, ruled.fill([*chain, steps.popular()]))


def popular(snapshot: Snapshot, wanted: Wanted, *, user_id: str | None = None) -> ListAnswer:
    """Popularity in the user's segment, if there is one → popularity."""
    ruled = under_rules(snapshot, "popular", wanted, user_id=user_id)
    chain = [*segment_popularity(snapshot, ruled.allowed, user_id), Steps(snapshot, ruled.allowed).popular()]
    return list_answer(snapshot, ruled.fill(chain))
