"""The simulated shop: the same rows however they are read, within the contracts, and true to its own truth."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from resources.contracts import CONTRACTS, validate
from resources.shop import SimulatedSource
from resources.sources import SourceError
from resources.sources.simulated import SimulatedShop

FIRST = date(2026, 1, 1)
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 30
END = MIDNIGHT + timedelta(days=DAYS)
SMALL = SimulatedSource(seed=3, products=200, users=400, days=10, events_per_day=300)
TABLES = [table for table in CONTRACTS if table != "judgments"]


def rows(shop: SimulatedShop, table: str, start: datetime | None = None, end: datetime = END) -> pl.DataFrame:
    """All rows of a window in one frame, sorted by key."""
    contract = CONTRACTS[table]
    return pl.concat([contract.empty(), *shop.read(table, start, end)]).sort(contract.key)


@pytest.fixture(scope="module")
def shop() -> SimulatedShop:
    """The default shop."""
    return SimulatedShop(SimulatedSource(), FIRST)


@pytest.fixture(scope="module")
def frame(shop: SimulatedShop) -> dict[str, pl.DataFrame]:
    """All its rows."""
    return {table: rows(shop, table) for table in TABLES}


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


def outcomes(frame: dict[str, pl.DataFrame], shop: SimulatedShop) -> pl.DataFrame:
    """One row an exposure: arm, whether a sale fell in its seven days, and the truth."""
    exposed = frame["ad_exposures"].select("user_id", "arm", pl.col("ts").alias("exposed_at"))
    sales = frame["orders"].filter(pl.col("kind") == "sale").join(exposed, on="user_id")
    inside = (pl.col("ts") >= pl.col("exposed_at")) & (pl.col("ts") < pl.col("exposed_at") + timedelta(days=7))
    bought = sales.filter(inside)["user_id"].unique()
    return exposed.with_columns(pl.col("user_id").is_in(bought.implode()).alias("bought")).join(
        shop.truth().effects, on="user_id"
    )


def test_the_campaign_is_a_fair_experiment(frame: dict[str, pl.DataFrame]) -> None:
    """Everybody is exposed once, half are treated, and seven days fit between the exposure and the end."""
    exposures = frame["ad_exposures"]
    assert exposures["user_id"].is_unique().all()
    assert exposures.height > 0.95 * 20_000
    assert abs((exposures["arm"] == "treatment").mean() - 0.5) < 3 * 0.5 / np.sqrt(exposures.height)
    assert exposures["ts"].min() >= MIDNIGHT + timedelta(days=6)
    assert exposures["ts"].max() < END - timedelta(days=7)
    assert exposures.group_by("arm").agg(pl.col("cost").unique().first()).sort("arm")["cost"].to_list() == [0.0, 0.15]
    assert (exposures["propensity"] == 0.5).all()


def test_purchases_after_the_ad_follow_the_true_chances(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """In each type and arm the share of buyers is the mean true chance, within four standard errors."""
    table = outcomes(frame, shop)
    for (kind, arm), group in table.group_by("type", "arm"):
        chance = group["p_treated" if arm == "treatment" else "p_control"]
        error = np.sqrt((chance * (1 - chance)).sum()) / group.height
        assert abs(group["bought"].mean() - chance.mean()) < 4 * error, (kind, arm)


def test_types_have_the_effects_they_are_named_for(shop: SimulatedShop) -> None:
    """Persuadables gain, sleeping dogs lose, the others hardly move; the shares are as designed."""
    effects = shop.truth().effects
    mean = dict(effects.group_by("type").agg(pl.col("uplift").mean()).iter_rows())
    assert mean["persuadable"] > 0.2
    assert mean["sleeping_dog"] < -0.1
    assert abs(mean["sure_thing"]) < 0.03
    assert abs(mean["lost_cause"]) < 0.01
    share = dict(effects["type"].value_counts(normalize=True).iter_rows())
    assert share == pytest.approx(
        {"persuadable": 0.25, "sure_thing": 0.15, "lost_cause": 0.45, "sleeping_dog": 0.15}, abs=0.02
    )


def test_behaviour_before_the_ad_tells_the_types_apart(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """Sure things buy often before they are exposed; persuadables look a lot and rarely buy."""
    exposed = frame["ad_exposures"].select("user_id", pl.col("ts").alias("exposed_at"))
    kind = shop.truth().effects.select("user_id", "type").join(exposed, on="user_id")
    before = pl.col("ts") < pl.col("exposed_at")
    users = kind["type"].value_counts().rename({"count": "users"})

    def a_user(table: pl.DataFrame) -> dict[str, float]:
        counts = table.join(kind, on="user_id").filter(before)["type"].value_counts().join(users, on="type")
        return dict(counts.select("type", pl.col("count") / pl.col("users")).iter_rows())

    views = a_user(frame["events"].filter(pl.col("kind") == "view"))
    sales = a_user(frame["orders"].filter(pl.col("line") == 1, pl.col("kind") == "sale"))
    assert views["persuadable"] > 3 * views["lost_cause"]
    assert sales["sure_thing"] > 4 * sales["persuadable"]


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Rank correlation of two arrays without ties."""
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


def test_effects_can_be_learnt_but_not_perfectly(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """A linear model an arm on declared attributes ranks users by effect; a model of buyers misses most of it."""
    table = outcomes(frame, shop).join(frame["users"], on="user_id").sort("user_id")
    numbers = np.nan_to_num(np.array([[a["value"] or 0.0 for a in row] for row in table["numeric"].to_list()]))
    numbers[:, 1] = np.log1p(numbers[:, 1])
    names = (
        table["categorical"].list.eval(pl.element().struct.field("value")).list.to_struct(fields=["region", "channel"])
    )
    dummies = names.struct.unnest().to_dummies(drop_first=True).to_numpy()
    x = np.column_stack([np.ones(table.height), numbers, numbers**2, dummies])
    treated, bought = (table["arm"] == "treatment").to_numpy(), table["bought"].to_numpy().astype(float)
    train = np.arange(table.height) % 2 == 0

    def predicted(rows: np.ndarray) -> np.ndarray:
        return x[~train] @ np.linalg.lstsq(x[train & rows], bought[train & rows], rcond=None)[0]

    truth = table["uplift"].to_numpy()[~train]
    uplift = predicted(treated) - predicted(~treated)
    buyers = predicted(np.ones_like(treated))
    best = truth.argsort()[::-1][: len(truth) * 3 // 10]

    def gain(score: np.ndarray) -> float:
        return float(truth[score.argsort()[::-1][: len(best)]].sum() / truth[best].sum())

    assert 0.4 < spearman(uplift, truth) < 0.75
    assert gain(uplift) > 0.5
    assert gain(buyers) < 0.35


def test_banner_clicks_follow_the_true_rates(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """Each slot shows its banners uniformly, logs that propensity, and is clicked at the true rate."""
    shown = (
        frame["banner_impressions"]
        .group_by("slot", "banner_id")
        .agg(
            pl.len().alias("n"),
            pl.col("reward").mean(),
            pl.col("propensity").n_unique().alias("kinds"),
            pl.first("propensity"),
        )
    )
    joined = shown.join(shop.truth().banner_rates, on=["slot", "banner_id"], how="full", coalesce=True)
    assert joined.null_count().sum_horizontal().item() == 0
    error = (joined["rate"] * (1 - joined["rate"]) / joined["n"]).sqrt()
    assert ((joined["reward"] - joined["rate"]).abs() < 4 * error).all()
    share = joined.with_columns(share=pl.col("n") / pl.col("n").sum().over("slot"))
    assert (joined["kinds"] == 1).all()
    assert ((share["share"] - share["propensity"]).abs() < 0.02).all()
