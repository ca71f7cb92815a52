"""Peers of the co-purchase benchmark: LensKit's item-kNN, implicit's item-item (cosine, BM25) and ALS.

Belongs here: how a peer is fitted and asked. Each is tried with the settings below, fitted on baskets and on customers,
and the one that does best on the 30 days before the test is taken; what a customer bought may be recommended again, as
next baskets hold it.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.baskets.task import Split, Task

__all__ = ["MISSING", "Peer", "peers"]

MISSING = """\
The peers are not installed, so only Upshelf's rows are printed. For theirs: pip install lenskit implicit
(LensKit 2025.8 needs pandas 2; in an environment of its own it disturbs nothing.)"""
CUT = 20
NEIGHBOURS = (20, 100, 400)
FACTORS = ((64, 1.0), (64, 10.0), (128, 1.0), (128, 10.0))
"""Factors and weight of a purchase of ALS."""

Lists = list[list[int]]


class Peer(NamedTuple):
    """A peer with one setting: ``fit`` on a split gives a function that answers a task by 20 items a query."""

    name: str
    setting: str
    fit: Callable[[Split], Callable[[Task], Lists]]


def peers() -> list[Peer]:
    """Every peer with every setting.

    Raises:
        ImportError: If a peer is not installed.
    """
    import implicit.als
    import implicit.nearest_neighbours as neighbours
    import lenskit.knn  # noqa: F401  # all or none

    return [
        *(
            Peer(name, f"{k} neighbours, {unit}", _implicit(kind, {"K": k, "num_threads": 1}, unit))
            for name, kind in (
                ("implicit cosine", neighbours.CosineRecommender),
                ("implicit BM25", neighbours.BM25Recommender),
            )
            for k in NEIGHBOURS
            for unit in ("baskets", "customers")
        ),
        *(
            Peer(
                "implicit ALS",
                f"{factors} factors, alpha {alpha:g}, {unit}",
                _implicit(
                    implicit.als.AlternatingLeastSquares,
                    {"factors": factors, "alpha": alpha, "random_state": 0, "num_threads": 1},
                    unit,
                ),
            )
            for factors, alpha in FACTORS
            for unit in ("baskets", "customers")
        ),
        *(
            Peer("LensKit item-kNN", f"{k} neighbours, {unit}", _lenskit(k, unit))
            for k in NEIGHBOURS
            for unit in ("baskets", "customers")
        ),
    ]


def _rows(split: Split, unit: str) -> Any:  # noqa: ANN401  # a scipy matrix
    """Times that each basket, or each customer, holds each item: sparse float32[units, n_items]."""
    from scipy import sparse

    known = np.array([unit == "baskets" or user is not None for user in split.users])
    names = split.basket[known] if unit == "baskets" else np.array([str(user) for user in split.users])[known]
    _, row = np.unique(names, return_inverse=True)
    ones = np.ones(len(row), dtype=np.float32)
    return sparse.csr_matrix((ones, (row, split.item[known])), shape=(int(row.max()) + 1, split.n_items))


def _asked(split: Split, task: Task) -> Iterator[tuple[list[int], list[int]]]:
    """Items and counts that a query starts from: the cart, or what the customer bought."""
    bought: dict[str, dict[int, int]] = {}
    for user, item in zip(split.users, split.item.tolist(), strict=True):
        if user is not None:
            of_user = bought.setdefault(user, {})
            of_user[item] = of_user.get(item, 0) + 1
    for who, cart in zip(task.users, task.carts, strict=True):
        of_query = dict.fromkeys(cart, 1) if cart or who is None else bought[who]
        yield list(of_query), list(of_query.values())


def _implicit(kind: Any, settings: dict[str, Any], unit: str) -> Callable[[Split], Callable[[Task], Lists]]:  # noqa: ANN401
    def fit(split: Split) -> Callable[[Task], Lists]:
        from scipy import sparse

        model = kind(**settings)
        model.fit(_rows(split, unit), show_progress=False)
        how = {"recalculate_user": True} if "factors" in settings else {}

        def answer(task: Task) -> Lists:
            queries = [
                sparse.csr_matrix((np.array(n, dtype=np.float32), ([0] * len(n), items)), shape=(1, split.n_items))
                for items, n in _asked(split, task)
            ]
            # Only what is in the cart is left out.
            is_cart = any(task.carts)
            best, _ = model.recommend(
                np.arange(len(queries)),
                sparse.vstack(queries).tocsr(),
                N=CUT,
                filter_already_liked_items=is_cart,
                **how,
            )
            return [[i for i in row if i >= 0] for row in best.tolist()]

        return answer

    return fit


def _lenskit(neighbours: int, unit: str) -> Callable[[Split], Callable[[Task], Lists]]:
    def fit(split: Split) -> Callable[[Task], Lists]:
        import pandas as pd
        from lenskit.data import ItemList, RecQuery, from_interactions_df
        from lenskit.knn import ItemKNNScorer

        row, item = _rows(split, unit).nonzero()
        model = ItemKNNScorer(max_nbrs=neighbours, feedback="implicit")
        model.train(from_interactions_df(pd.DataFrame({"user_id": row, "item_id": item})))
        # It panics on items that it was not fitted on, such as those that only guests bought.
        known = np.unique(item)

        def answer(task: Task) -> Lists:
            lists = []
            for (items, _), cart in zip(_asked(split, task), task.carts, strict=True):
                query = RecQuery(user_id=None, user_items=ItemList(item_ids=np.intersect1d(items, known)))
                scores = model(query, ItemList(item_ids=known)).scores().copy()
                scores[np.isnan(scores) | np.isin(known, cart)] = -np.inf
                order = np.argsort(-scores, kind="stable")[:CUT]
                lists.append(known[order[scores[order] > -np.inf]].tolist())
            return lists

        return answer

    return fit
