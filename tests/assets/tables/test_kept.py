"""What was sent back or cancelled is no sale: neither in popularity, nor in what is bought together."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.models.products.catalogue import Catalogue
from assets.recommendations.fitting import fitted_co_purchase, fitted_next_basket, fitted_popularity
from assets.tables.interactions import basket_rows, popularity_rows, user_rows
from assets.tables.kept import kept_baskets
from resources.lake import Lake
from resources.shop import EventWeights
from tests.assets.tables.logs import DAY, MINUTE, NOON, events, orders, run
from tests.default_shop import SHOP

FIRST, LAST = "2026-01-01", "2026-01-31"
Line = tuple[timedelta, str, dict[str, Any]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(str(tmp_path))


def sold(lake: Lake, *lines: Line) -> None:
    """Write what the order lines (time after noon, kind, other columns) are in the tables."""
    log = orders(*((NOON + after, kind, columns) for after, kind, columns in lines))
    for table in ("baskets", "returns", "product_stats"):
        lake.replace_partition(table, run(table, {"orders": log, "events": events()}), FIRST, LAST)


def of(products: str) -> Catalogue:
    """A catalogue of products named by one letter each."""
    states = pl.DataFrame({"product_id": list(products), "title": list(products), "price": 1.0, "in_stock": True})
    return Catalogue.build(states.with_columns(pl.lit(["All"]).alias("categories")))


def kept(lake: Lake, last: str = LAST) -> list[tuple[str, str]]:
    """(order, product) of the sales that were kept."""
    return kept_baskets(lake, FIRST, last).select("basket_id", "product_id").rows()


def test_a_return_is_of_the_order_that_it_names(lake: Lake) -> None:
    """Of two orders of one user the older is cancelled under its own number, and one piece of three comes back."""
    sold(
        lake,
        (0 * DAY, "sale", {"order_id": "1"}),
        (0 * DAY, "sale", {"order_id": "1", "line": 2, "product_id": "q", "quantity": 3}),
        (DAY, "sale", {"order_id": "2"}),
        (2 * DAY, "cancellation", {"order_id": "1", "line": 3}),
        (2 * DAY, "return", {"order_id": "1", "line": 4, "product_id": "q"}),
    )
    assert kept(lake) == [("1", "q"), ("2", "p")]


def test_a_return_with_a_number_of_its_own_is_of_the_users_last_sale_before_it(lake: Lake) -> None:
    """Not of another user's, and not of the sale after it; what comes back beyond what was bought takes off no more."""
    sold(
        lake,
        (0 * DAY, "sale", {"order_id": "1"}),
        (DAY, "sale", {"order_id": "2"}),
        (DAY, "sale", {"order_id": "3", "user_id": "v"}),
        (2 * DAY, "return", {"order_id": "C1"}),
        (3 * DAY, "sale", {"order_id": "4"}),
        (4 * DAY, "return", {"order_id": "C2", "user_id": "w", "quantity": 9}),
    )
    assert kept(lake) == [("1", "p"), ("3", "p"), ("4", "p")]


def test_a_return_of_nobody_is_of_anybodys_last_sale(lake: Lake) -> None:
    """Where neither the order nor the user tells."""
    sold(
        lake,
        (0 * DAY, "sale", {"order_id": "1"}),
        (DAY, "sale", {"order_id": "2", "user_id": "v"}),
        (2 * DAY, "return", {"order_id": "C1", "user_id": None}),
    )
    assert kept(lake) == [("1", "p")]


def test_a_sale_counts_until_it_is_sent_back(lake: Lake) -> None:
    """As of the day before the return nothing is known of it."""
    sold(lake, (0 * DAY, "sale", {"order_id": "1"}), (2 * DAY, "return", {"order_id": "1", "line": 2}))
    assert kept(lake, "2026-01-11") == [("1", "p")]
    assert kept(lake, "2026-01-12") == []


def test_tables_of_before_have_no_returns(lake: Lake) -> None:
    """Where returns have never been read, all sales count."""
    log = orders((NOON, "sale", {"order_id": "1"}))
    lake.replace_partition("baskets", run("baskets", {"orders": log}), FIRST, LAST)
    assert kept(lake) == [("1", "p")]


def test_popularity_counts_buyers_who_kept_it(lake: Lake) -> None:
    """Product a: 4 buyers, of whose 4 pieces 3 come back a day later, 2 more a day after; b: returned before sold."""
    sold(
        lake,
        *((0 * DAY, "sale", {"product_id": "a", "user_id": f"u{n}"}) for n in range(4)),
        *((DAY, "return", {"product_id": "a", "user_id": f"u{n}"}) for n in range(3)),
        *((2 * DAY, "sale", {"product_id": "a", "user_id": f"v{n}"}) for n in range(2)),
        (0 * DAY, "return", {"product_id": "b", "quantity": 5}),
        (DAY, "sale", {"product_id": "b", "quantity": 2}),
    )
    item, weight, age = popularity_rows(lake, of("ab"), FIRST, "2026-01-12", EventWeights())
    assert list(zip(item.tolist(), age.tolist(), weight.tolist(), strict=True)) == [
        (0, 2.0, 5.0),
        (0, 1.0, 0.0),
        (0, 0.0, 10.0),
        (1, 2.0, 0.0),
        (1, 1.0, 5.0),
    ]


def test_what_is_fully_cancelled_leads_no_list(lake: Lake) -> None:
    """Products x and y are in 30 orders that are all cancelled, a and b in 5 that are kept: these lead every list."""
    sold(
        lake,
        *(
            (n * MINUTE, kind, {"order_id": f"x{n}", "line": 2 * at + line, "product_id": product, "user_id": f"u{n}"})
            for n in range(30)
            for at, kind in enumerate(("sale", "cancellation"))
            for line, product in enumerate("xy", start=1)
        ),
        *(
            (n * MINUTE, "sale", {"order_id": f"a{n}", "line": line, "product_id": product})
            for n in range(5)
            for line, product in enumerate("ab", start=1)
        ),
    )
    catalogue = of("abxy")
    popular = fitted_popularity(SHOP, lake, catalogue, FIRST, LAST)
    assert popular.top(2).items.tolist() == [0, 1]
    assert popular.top(2, catalogue.category_members("All")).items.tolist() == [0, 1]
    assert popular.score[2:].tolist() == [0.0, 0.0]
    together = fitted_co_purchase(SHOP, lake, catalogue, FIRST, LAST)
    assert [together.partners(item, 5).tolist() for item in range(4)] == [[1], [0], [], []]
    assert fitted_next_basket(SHOP, lake, catalogue, FIRST, LAST).bought("u0").tolist() == []
    assert sorted(set(basket_rows(lake, catalogue, FIRST, LAST).item.tolist())) == [0, 1]
    assert user_rows(lake, FIRST, LAST, EventWeights())["product_id"].unique().sort().to_list() == ["a", "b"]
