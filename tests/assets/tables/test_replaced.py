"""Products that take the place of others, and since when a product is there."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.tables.catalogue import catalogue_as_of, offered_products, successors
from assets.tables.interactions import arrival_days, basket_rows, known_days, session_rows, user_category_rows
from resources.lake import Lake
from resources.shop import EventWeights
from resources.tables import TABLES
from tests.assets.tables.logs import DAY, NOON, events, orders, run

FIRST, LAST = "2026-01-01", "2026-01-31"
State = tuple[str, timedelta, dict[str, Any]]


def products(lake: Lake, *states: State) -> pl.DataFrame:
    """Write states (product, time after noon of 10 January, other columns), and give them back."""
    rows = [
        {
            "day": (NOON + after).date().isoformat(),
            "product_id": product,
            "title": product,
            "price": 1.0,
            "in_stock": True,
            "categories": ["All"],
            "updated_at": NOON + after,
            **columns,
        }
        for product, after, columns in states
    ]
    frame = pl.DataFrame([{c: row.get(c) for c in TABLES["products"]} for row in rows], schema=dict(TABLES["products"]))
    lake.replace_partition("products", frame, FIRST, LAST)
    return frame


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(str(tmp_path))


@pytest.mark.parametrize(
    ("replaced_by", "found"),
    [
        ({"a": "b"}, {"a": "b"}),
        ({"a": "gone", "gone": "b"}, {"a": "b", "gone": "b"}),
        ({"a": "b", "b": "c"}, {"a": "c", "b": "c"}),
        ({"a": "a"}, {}),
        ({"a": "b", "b": "a", "x": "a"}, {}),
        ({"a": "unknown"}, {}),
        ({"a": "gone"}, {}),
    ],
)
def test_the_last_of_a_chain_is_in_the_place_of_all(replaced_by: dict[str, str], found: dict[str, str]) -> None:
    """Products a, b and c are in the shop; a chain that is closed, or ends outside of it, replaces nothing."""
    assert successors(replaced_by, {"a", "b", "c"}) == found


def test_the_new_product_has_the_history_of_the_old(lake: Lake, tmp_path: Path) -> None:
    """Seen and bought with c under its old id: the new one goes with c, and the old id still leads to it."""
    states = products(
        lake,
        *((p, 0 * DAY, {}) for p in ("old", "c")),
        ("new", 2 * DAY, {}),
        ("old", 2 * DAY, {"replaced_by": "new", "removed": True}),
    )
    before = Catalogue.build(*offered_products(states.filter(pl.col("day") < "2026-01-12")))
    assert (before.ids, before.replaced) == (["c", "old"], {})
    Catalogue.build(*offered_products(states)).save(tmp_path)
    now = Catalogue.load(tmp_path)
    assert (now.ids, now.position("old"), now.positions(["new", "old", "x"]).tolist()) == (["c", "new"], 1, [1, 1, -1])
    assert ProductNumbers.build(now).find("old").tolist() == [1]
    bought = orders(*((NOON, "sale", {"order_id": "1", "line": n, "product_id": p}) for n, p in ((1, "old"), (2, "c"))))
    lake.replace_partition("baskets", run("baskets", {"orders": bought}), FIRST, LAST)
    seen = events((NOON, "view", {"product_id": "c"}), (NOON + timedelta(seconds=9), "view", {"product_id": "old"}))
    lake.replace_partition("sessions", run("sessions", {"events": seen}), FIRST, LAST)
    assert sorted(basket_rows(lake, now, FIRST, LAST).item.tolist()) == [0, 1]
    assert session_rows(lake, now, FIRST, LAST).item.tolist() == [0, 1]
    weights = user_category_rows(lake, now, FIRST, LAST, EventWeights())["weight"]
    assert sorted(weights) == [1.0, 1.0, 5.0, 5.0]


def test_a_price_edit_makes_nothing_new(lake: Lake) -> None:
    """Product a was there on the first day and edited on the 20th, b came on the 15th; the shop says c is of 2020."""
    products(
        lake,
        ("a", 0 * DAY, {}),
        ("b", 5 * DAY, {}),
        ("c", 9 * DAY, {"created_at": NOON - 2_000 * DAY}),
        ("a", 10 * DAY, {"price": 2.0}),
        ("c", 10 * DAY, {"price": 2.0}),
    )
    as_of = catalogue_as_of(lake, LAST)
    created: dict[str, datetime] = dict(as_of.select("product_id", "created_at").iter_rows())
    assert created == {"a": NOON, "b": NOON + 5 * DAY, "c": NOON - 2_000 * DAY}
    assert as_of["price"].to_list() == [2.0, 1.0, 2.0]
    catalogue = Catalogue.build(as_of)
    assert known_days(lake, catalogue, LAST).tolist() == [21.5, 16.5, 2_021.5]
    assert arrival_days(lake, catalogue, LAST).tolist() == [float("inf"), 16.5, 2_021.5]


def test_ids_that_are_products_are_not_replaced() -> None:
    """Nor by what is none."""
    frame = pl.DataFrame({"product_id": ["a", "b"], "title": "t", "price": 1.0, "in_stock": True, "categories": None})
    for replaced in ({"a": "b"}, {"x": "y"}):
        with pytest.raises(ValueError, match="cannot be replaced"):
            Catalogue.build(frame, replaced)
