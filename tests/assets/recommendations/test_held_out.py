"""Queries and segments of held-out days, by hand."""

import numpy as np
import polars as pl

from assets.models.products.catalogue import Catalogue
from assets.models.products.kinds import ProductKinds
from assets.recommendations.held_out import Query, View, hidden_items, next_alike, next_baskets, next_items, segments
from assets.tables.interactions import Interactions


def rows(groups: list[tuple[str | None, int, list[int]]]) -> Interactions:
    """Groups of (user, time, items)."""
    flat = [(g, item, ts, user) for g, (user, ts, items) in enumerate(groups) for item in items]
    group, item, ts, user = zip(*flat, strict=True) if flat else ((), (), (), ())
    return Interactions(
        np.array(group, dtype=np.int64),
        np.array(item, dtype=np.int32),
        np.array(ts, dtype=np.int64),
        pl.Series("user_id", user, dtype=pl.String),
    )


def test_next_items() -> None:
    """The last of each session; an item seen again is asked for once, from what stood before; one item asks nothing."""
    asked = next_items(rows([("u", 0, [1, 2, 3]), (None, 0, [4, 5, 4]), ("v", 0, [6]), ("v", 0, [7, 7])]))
    assert asked == [Query([1, 2], {3}, "u"), Query([5], {4}, None)]
    assert next_items(rows([])) == []


def test_next_alike() -> None:
    """Of each product when first seen the next other one of its kind: the lamps 0, 1 and 2 among the rugs 3 and 4."""
    paths = ["Lamps"] * 3 + ["Rugs"] * 2
    goods = pl.DataFrame({"product_id": list("abcde"), "title": paths, "categories": [[path] for path in paths]})
    kinds = ProductKinds(Catalogue.build(goods.with_columns(price=1.0, in_stock=True)))
    views = next_alike(rows([("u", 0, [0, 3, 0, 1, 2]), (None, 0, [2, 3]), ("v", 0, [4, 4, 3]), ("v", 0, [1])]), kinds)
    assert views == [View(0, 0, 1), View(0, 1, 2), View(2, 4, 3)]
    assert next_alike(rows([]), kinds) == []


def test_next_alike_are_thinned_evenly() -> None:
    """Of 12,000 sessions of a pair, 5,000 from first to last."""
    goods = pl.DataFrame({"product_id": ["a", "b"], "title": ["a", "b"], "categories": [["Lamps"]] * 2})
    kinds = ProductKinds(Catalogue.build(goods.with_columns(price=1.0, in_stock=True)))
    views = next_alike(rows([("u", 0, [0, 1])] * 12_000), kinds)
    sessions = [view.session for view in views]
    assert len(sessions) == len(set(sessions)) == 5_000
    assert max(np.diff(sessions)) <= 3


def test_hidden_items() -> None:
    """One of each basket, drawn, never always the last by id; a basket of one asks nothing."""
    asked = hidden_items(rows([("u", 0, [1, 2, 3])] * 40 + [(None, 0, [5])]))
    assert len(asked) == 40
    assert all(sorted([*q.prefix, *q.targets]) == [1, 2, 3] for q in asked)
    assert {min(q.targets) for q in asked} == {1, 2, 3}


def test_next_baskets() -> None:
    """The first basket of each customer who has bought before: by time, whatever the order of the rows."""
    before = rows([("u", 0, [1, 2]), ("u", 1, [2]), ("v", 0, [3]), (None, 0, [4])])
    held = rows([("u", 9, [7]), ("u", 5, [1, 6]), ("w", 5, [2]), (None, 5, [2])])
    assert next_baskets(held, before) == [Query([1, 2], {1, 6}, "u")]


def test_segments() -> None:
    """Of ten products 0 and 1 are the head; 9 was never come across."""
    interactions = np.array([9, 8, 2, 2, 2, 2, 2, 2, 2, 0])
    queries = [Query([], {0, 5}, "known"), Query([], {5}, "new"), Query([], {9}, None)]
    found = {name: chosen.tolist() for name, chosen in segments(queries, interactions, {"known"}).items()}
    assert found == {
        "known users": [True, False, False],
        "new users": [False, True, False],
        "guests": [False, False, True],
        "head products": [True, False, False],
        "tail products": [False, True, False],
        "new products": [False, False, True],
    }
