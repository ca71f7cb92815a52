"""Interaction arrays of a lake written by hand."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.models.popularity.user_histories import KINDS
from assets.models.products.catalogue import Catalogue
from assets.tables.interactions import (
    age_days,
    arrival_days,
    basket_rows,
    popularity_rows,
    session_rows,
    user_category_rows,
    user_history_rows,
    user_segments,
)
from resources.lake import Lake
from resources.shop import EventWeights
from resources.tables import TABLES

DAYS = ("2026-03-01", "2026-03-03")


def at(day: str, hour: int) -> datetime:
    """An hour of a day."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


@pytest.fixture
def catalogue() -> Catalogue:
    """Products a, b, c as items 0, 1, 2; b is in two categories, c in none."""
    paths = {"a": ["Home > Light"], "b": ["Home > Light", "Garden"], "c": []}
    return Catalogue.build(
        pl.DataFrame(
            {
                "product_id": list(paths),
                "title": list(paths),
                "description": [None] * 3,
                "brand": [None] * 3,
                "categories": list(paths.values()),
                "tags": [[]] * 3,
                "price": [1.0] * 3,
                "in_stock": [True] * 3,
                "image_url": [None] * 3,
            },
            schema_overrides={
                "description": pl.String,
                "brand": pl.String,
                "tags": pl.List(pl.String),
                "categories": pl.List(pl.String),
                "image_url": pl.String,
            },
        )
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two days: a session of u (a, c, unknown x) and one of a guest (b); a basket of u with b."""
    lake = Lake(str(tmp_path))
    sessions = [
        (DAYS[0], "s1", 2, "u", at(DAYS[0], 11), "add_to_cart", "c"),
        (DAYS[0], "s1", 1, "u", at(DAYS[0], 10), "view", "a"),
        (DAYS[0], "s1", 3, "u", at(DAYS[0], 12), "view", "x"),
        (DAYS[1], "s2", 1, None, at(DAYS[1], 9), "view", "b"),
    ]
    baskets = [(DAYS[1], "o1", "u", at(DAYS[1], 18), "b", 2, 20.0)]
    stats = [
        (DAYS[0], "a", 4, 1, 2, 0, 0, 0, 0.0, 0, 0.0),
        (DAYS[1], "b", 1, 0, 0, 6, 4, 3, 60.0, 0, 0.0),
        (DAYS[1], "x", 9, 9, 9, 9, 9, 9, 9.0, 0, 0.0),
    ]
    for table, rows in (("sessions", sessions), ("baskets", baskets), ("product_stats", stats)):
        lake.replace_partition(table, pl.DataFrame(rows, schema=dict(TABLES[table]), orient="row"), *DAYS)
    return lake


def test_sessions_are_in_order_and_know_no_stranger(lake: Lake, catalogue: Catalogue) -> None:
    """s1 is a then c though written c first; x is no product of the catalogue; s2 is b."""
    rows = session_rows(lake, catalogue, *DAYS)
    assert rows.group.tolist() == [0, 0, 1]
    assert rows.item.tolist() == [0, 2, 1]
    assert rows.ts[0] == int(at(DAYS[0], 10).timestamp()) * 1_000_000


def test_only_the_days_asked_for(lake: Lake, catalogue: Catalogue) -> None:
    """The first day has one session, the days before it none."""
    assert session_rows(lake, catalogue, DAYS[0], DAYS[0]).item.tolist() == [0, 2]
    assert session_rows(lake, catalogue, "2026-01-01", "2026-02-28").item.tolist() == []


def test_baskets(lake: Lake, catalogue: Catalogue) -> None:
    """One product in one basket, of u."""
    rows = basket_rows(lake, catalogue, *DAYS)
    assert (rows.group.tolist(), rows.item.tolist(), rows.user.to_list()) == ([0], [1], ["u"])


def test_popularity_weighs_and_ages(lake: Lake, catalogue: Catalogue) -> None:
    """a: 4 views + 1 click + 2 carts·3 = 11, two days old; b: 1 view + 3 buyers·5 = 16, today."""
    item, weight, age = popularity_rows(lake, catalogue, *DAYS, EventWeights())
    assert sorted(zip(item.tolist(), weight.tolist(), age.tolist(), strict=True)) == [(0, 11.0, 2.0), (1, 16.0, 0.0)]


def test_category_rows_are_of_known_users_and_leaves(lake: Lake, catalogue: Catalogue) -> None:
    """User u viewed a (Home > Light, weight 1) and bought b (both categories, weight 5); c has none, the guest no name.

    Ages are to the end of 3 March: the purchase at 18:00 is 6 hours old, the view of 1 March at 10:00 62 hours.
    """
    rows = user_category_rows(lake, catalogue, *DAYS, EventWeights())
    names = [catalogue.category_names[c] for c in rows["category"]]
    ages = rows["age_days"].round(9)
    found = sorted(zip(rows["user_id"], names, rows["weight"], ages, strict=True))
    assert found == [
        ("u", "Garden", 5.0, 0.25),
        ("u", "Home > Light", 1.0, round(62 / 24, 9)),
        ("u", "Home > Light", 5.0, 0.25),
    ]


def test_histories_are_of_known_users(lake: Lake, catalogue: Catalogue) -> None:
    """User u's view and cart of known products, and the purchase; the guest has none."""
    rows = user_history_rows(lake, catalogue, *DAYS)
    acts = zip(rows["item"], (KINDS[kind] for kind in rows["kind"]), rows["seconds"], strict=True)
    assert sorted(acts) == [
        (0, "view", int(at(DAYS[0], 10).timestamp())),
        (1, "purchase", int(at(DAYS[1], 18).timestamp())),
        (2, "add_to_cart", int(at(DAYS[0], 11).timestamp())),
    ]
    assert user_history_rows(lake, catalogue, "2026-01-01", "2026-01-02").is_empty()


def test_weights_are_the_shops(lake: Lake, catalogue: Catalogue) -> None:
    """Only carts and purchases, at 2 and 7: a 2 carts, b 3 buyers; u is after c's no category and b's two."""
    weights = EventWeights(view=0, click=0, add_to_cart=2, purchase=7)
    item, weight, _ = popularity_rows(lake, catalogue, *DAYS, weights)
    assert sorted(zip(item.tolist(), weight.tolist(), strict=True)) == [(0, 4.0), (1, 21.0)]
    rows = user_category_rows(lake, catalogue, *DAYS, weights)
    assert sorted(rows["weight"]) == [0.0, 7.0, 7.0]


def test_ages_are_to_the_end_of_the_day(lake: Lake, catalogue: Catalogue) -> None:
    """The basket of 3 March at 18:00 is a quarter of a day old."""
    assert age_days(basket_rows(lake, catalogue, *DAYS).ts, DAYS[1]).tolist() == [0.25]


def test_arrivals(tmp_path: Path, catalogue: Catalogue) -> None:
    """A was there on the first day, b came on 2 March at noon and changed on the 3rd; c is not in the table."""
    lake = Lake(str(tmp_path))
    states = [("a", DAYS[0], 0), ("b", "2026-03-02", 12), ("b", DAYS[1], 3), ("z", DAYS[0], 0)]
    rows = [
        {"day": day, "product_id": product, "title": product, "in_stock": True, "updated_at": at(day, hour)}
        for product, day, hour in states
    ]
    lake.replace_partition("products", pl.DataFrame(rows, schema=dict(TABLES["products"])), *DAYS)
    assert arrival_days(lake, catalogue, DAYS[1]).tolist() == [float("inf"), 1.5, float("inf")]


def test_segments_are_the_latest_values(tmp_path: Path) -> None:
    """User u moved from north to south; v has no region; w only another attribute."""
    lake = Lake(str(tmp_path))

    def row(user: str, hour: int, values: dict[str, str | None]) -> dict[str, object]:
        named = [{"name": name, "value": value} for name, value in values.items()]
        return {"day": DAYS[0], "user_id": user, "updated_at": at(DAYS[0], hour), "numeric": [], "categorical": named}

    rows = [
        row("u", 9, {"region": "north"}),
        row("u", 10, {"channel": "web", "region": "south"}),
        row("v", 9, {"region": None}),
        row("w", 9, {"channel": "web"}),
    ]
    lake.replace_partition("users", pl.DataFrame(rows, schema=dict(TABLES["users"])), *DAYS)
    assert user_segments(lake, "region", DAYS[1]) == {"u": "south"}
