"""The simulated shop: the same rows however they are read, within the contracts, and true to its own truth."""

from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from resources.contracts import CONTRACTS, validate
from resources.shop import SimulatedSource
from resources.sources import SourceError
from resources.sources.simulated import SimulatedShop
from tests.resources.sources.conftest import END, FIRST, MIDNIGHT, TABLES, rows

SMALL = SimulatedSource(seed=3, products=200, users=400, days=10, events_per_day=300)


@pytest.mark.parametrize("table", TABLES)
def test_rows_keep_the_contract(frame: dict[str, pl.DataFrame], table: str) -> None:
    """No simulated row is quarantined, and columns come exactly as declared."""
    assert frame[table].schema == CONTRACTS[table].empty().schema
    checked = validate(CONTRACTS[table], frame[table], origin="test")
    assert checked.quarantined.height == 0
    assert checked.rows.height == frame[table].height > 0


@pytest.mark.parametrize("table", TABLES)
def test_same_seed_gives_the_same_rows_and_another_seed_does_not(table: str) -> None:
    """Two shops of one seed agree in every row."""
    once, again = (rows(SimulatedShop(SMALL, FIRST), table) for _ in range(2))
    assert_frame_equal(once, again)
    other = SimulatedSource(seed=4, products=200, users=400, days=10, events_per_day=300)
    assert not once.equals(rows(SimulatedShop(other, FIRST), table))


SMALL_SHOP = SimulatedShop(SMALL, FIRST)


@settings(max_examples=25)
@given(
    table=st.sampled_from(TABLES),
    cuts=st.lists(st.integers(-3_600, 11 * 86_400), min_size=1, max_size=4, unique=True),
)
def test_any_split_of_a_window_gives_the_same_rows(table: str, cuts: list[int]) -> None:
    """Windows cut at any second, read last first, join to the whole."""
    bounds = [None, *(MIDNIGHT + timedelta(seconds=c) for c in sorted(cuts)), END]
    windows = [rows(SMALL_SHOP, table, a, b) for a, b in reversed(list(pairwise(bounds)))]
    assert_frame_equal(pl.concat(windows).sort(CONTRACTS[table].key), rows(SMALL_SHOP, table))


def test_window_is_half_open() -> None:
    """A row at the start belongs to the window, one at the end does not."""
    at = rows(SMALL_SHOP, "orders")["ts"].sort()[40]
    inside = rows(SMALL_SHOP, "orders", at, at + timedelta(microseconds=1))
    assert inside.height > 0
    assert inside["ts"].unique().to_list() == [at]
    assert rows(SMALL_SHOP, "orders", None, at)["ts"].max() < at


@pytest.mark.parametrize("table", TABLES)
def test_last_day_with_rows(table: str) -> None:
    """It is the midnight of the newest row."""
    newest = rows(SMALL_SHOP, table)[CONTRACTS[table].time].max()
    assert SMALL_SHOP.last_day_with_rows(table) == newest.replace(hour=0, minute=0, second=0, microsecond=0)


def test_nobody_has_judged_what_is_simulated() -> None:
    """There is no judgment, and so no day of one."""
    assert rows(SMALL_SHOP, "judgments").is_empty()
    assert SMALL_SHOP.last_day_with_rows("judgments") is None


def test_unknown_table_is_an_error() -> None:
    """The message names the table."""
    with pytest.raises(SourceError, match="no table 'prices'"):
        list(SMALL_SHOP.read("prices", None, END))


@pytest.mark.parametrize(
    ("events_per_day", "days", "users"), [(100, 10, 100), (15_000, 3, 20_000), (300, 4, 20_000), (200_000, 2, 5_000)]
)
def test_number_of_events_follows_the_parameter(events_per_day: int, days: int, users: int) -> None:
    """From a thousand events on, the expected number of events a day is the parameter."""
    config = SimulatedSource(seed=1, products=50, users=users, days=days, events_per_day=events_per_day)
    n = sum(f.height for f in SimulatedShop(config, FIRST).read("events", None, END))
    assert n == pytest.approx(events_per_day * days, rel=0.12)


def test_products_arrive_and_change(frame: dict[str, pl.DataFrame]) -> None:
    """The catalogue exists from the first instant; on later days a few products arrive, are retitled or repriced."""
    products = frame["products"]
    assert products.filter(pl.col("updated_at") == MIDNIGHT).height > 0.95 * 2_000
    assert products["product_id"].n_unique() == 2_000
    later = products.filter(pl.col("updated_at") > MIDNIGHT)
    assert later.group_by(pl.col("updated_at").dt.date()).len()["len"].median() >= 2
    states = products.filter(pl.len().over("product_id") == 2).group_by("product_id")
    changed = states.agg(pl.col("title").n_unique(), pl.col("price").n_unique())
    assert (changed["title"] + changed["price"] == 3).all()
    assert 0.93 < products["in_stock"].mean() < 0.97
    assert (products["categories"].list.len() == 2).any()


def test_nothing_is_sold_or_seen_before_it_arrives(frame: dict[str, pl.DataFrame]) -> None:
    """Each event and sale of a product lies after the product's first state."""
    first = frame["products"].group_by("product_id").agg(pl.col("updated_at").min().dt.date())
    for table in ("events", "orders"):
        joined = frame[table].drop_nulls("product_id").join(first, on="product_id", how="left")
        assert joined["updated_at"].null_count() == 0
        assert (joined["ts"].dt.date() >= joined["updated_at"]).all()


def test_sessions_are_short_and_stay_within_their_day(frame: dict[str, pl.DataFrame]) -> None:
    """Half an hour at most; the order follows the events of its session; searches come before their clicks."""
    sessions = (
        frame["events"]
        .group_by("session_id")
        .agg(pl.col("ts").min().alias("start"), pl.col("ts").max().alias("stop"), pl.col("user_id").n_unique())
    )
    assert (sessions["stop"] - sessions["start"]).max() < timedelta(minutes=30)
    assert (sessions["stop"].dt.date() == sessions["start"].dt.date()).all()
    assert sessions["user_id"].max() == 1
    kinds = set(frame["events"]["kind"])
    assert kinds == {"view", "search", "click", "add_to_cart", "remove_from_cart"}
    by_time = frame["events"].sort("session_id", "ts")
    clicks = by_time.with_columns(pl.col("query").shift(1).alias("asked")).filter(pl.col("kind") == "click")
    assert (clicks["query"] == clicks["asked"]).all()


def test_views_of_a_session_circle_around_one_category(frame: dict[str, pl.DataFrame]) -> None:
    """Two views of one session share their leaf category far more often than two views of two sessions."""
    leaf = frame["products"].select("product_id", pl.col("categories").list.first().alias("leaf")).unique("product_id")
    views = frame["events"].filter(pl.col("kind") == "view").join(leaf, on="product_id").sort("session_id", "ts")
    both = views.select(
        (pl.col("leaf") == pl.col("leaf").shift(1)).alias("same"),
        (pl.col("session_id") == pl.col("session_id").shift(1)).alias("together"),
    )
    assert both.filter("together")["same"].mean() > 0.45
    assert both.filter(~pl.col("together"))["same"].mean() < 0.1


def test_returns_repeat_an_earlier_sale(frame: dict[str, pl.DataFrame]) -> None:
    """Each return has a sale of the same buyer, product, quantity and price before it, and none comes back twice."""
    orders = frame["orders"]
    back = orders.filter(pl.col("kind") == "return").with_columns(sale=pl.col("order_id").str.extract(r"^R(.*)-\d+$"))
    assert 0.005 < back.height / orders.height < 0.06
    matched = back.join(orders, left_on=["sale", "product_id"], right_on=["order_id", "product_id"], suffix="_sale")
    assert matched.height == back.height == back.unique(["sale", "product_id"]).height
    assert (matched["ts"] > matched["ts_sale"]).all()
    for column in ("quantity", "unit_price"):
        assert (matched[column] == matched[f"{column}_sale"]).all()


def test_complements_are_bought_together(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """A basket with a product holds a complement of it far more often than any other basket does."""
    lines = frame["orders"].filter(pl.col("kind") == "sale").select("order_id", "product_id")
    pairs = lines.join(lines, on="order_id", suffix="_other").filter(pl.col("product_id") != pl.col("product_id_other"))
    truth = shop.truth().complements.rename({"complement_id": "product_id_other"})
    true_pairs = pairs.join(truth, on=["product_id", "product_id_other"], how="semi").height
    shuffled = truth.with_columns(pl.col("product_id_other").shuffle(seed=1))
    chance = pairs.join(shuffled, on=["product_id", "product_id_other"], how="semi").height
    assert true_pairs > 20 * max(chance, 1)
    leaf = frame["products"].select("product_id", pl.col("categories").list.first().alias("leaf")).unique("product_id")
    leaves = truth.join(leaf, on="product_id").join(leaf, left_on="product_id_other", right_on="product_id")
    assert (leaves["leaf"] != leaves["leaf_right"]).all()
