"""A fifth of the events by robots of four kinds: what is learnt is what people alone would have taught."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.products.catalogue import Catalogue
from assets.models.sessions.knn import SessionKnn
from assets.recommendations.fitting import fitted_popularity
from assets.recommendations.held_out import Query, next_items
from assets.tables.catalogue import catalogue_as_of
from assets.tables.features import robot_limits
from assets.tables.interactions import session_rows
from resources.lake import Lake
from resources.shop import Robots, SimulatedSource
from resources.sources.simulated import SimulatedShop
from tests.assets.tables.logs import run
from tests.default_shop import SHOP

pytestmark = pytest.mark.slow

FIRST, DAYS = date(2026, 1, 1), 12
CUT, LAST = str(FIRST + timedelta(days=DAYS - 2)), str(FIRST + timedelta(days=DAYS - 1))
HAMMERED = "P000900"


def robots(people: pl.DataFrame, products: list[str]) -> pl.DataFrame:
    """A quarter as many events as people's: crawlers fast and slow, a product hammered, and visits of one agent."""
    rng = np.random.default_rng(3)
    of_day = people.height // DAYS // 4

    def rows() -> Iterator[tuple[datetime, str | None, str | None, str, str | None]]:
        for day in range(DAYS):
            at = datetime(2026, 1, 1 + day, 2, tzinfo=UTC)
            slow = min(140, of_day // 4)
            for n in range(slow):
                yield at + timedelta(minutes=6 * n), "slow", None, products[(day * slow + n) % len(products)], None
            for n in range(of_day // 4):
                yield at + timedelta(seconds=n % 200), None, f"fast{day}-{n // 200}", str(rng.choice(products)), None
                yield at + timedelta(seconds=7 * n), None, f"hammer{day}", HAMMERED, None
            for n in range(of_day // 2 - slow):
                product = products[100 + n % 5]
                yield at + timedelta(seconds=20 * n), None, f"short{day}-{n // 3}", product, "PriceWatch-Bot/1.0"

    names = ("ts", "user_id", "session_id", "product_id", "agent")
    made = pl.DataFrame(list(rows()), schema=dict(people.select(names).schema), orient="row")
    made = made.with_columns(
        pl.lit("view").alias("kind"),
        pl.format("R{}", pl.int_range(pl.len())).alias("event_id"),
        pl.col("ts").dt.strftime("%Y-%m-%d").alias("day"),
    )
    return pl.concat([people, made], how="diagonal")


def hits(model: SessionKnn, popular: list[int], queries: list[Query]) -> tuple[float, float]:
    """Hit rates at 20 of past sessions and of popularity."""
    found = [next(iter(q.targets)) in model.recommend(q.prefix, 20).items for q in queries]
    return float(np.mean(found)), float(np.mean([bool(q.targets & set(popular)) for q in queries]))


def test_measures_are_those_of_a_log_of_people(tmp_path: Path) -> None:
    """Hit rates on people's last day within 2 %; at most 1 % of people are taken for robots; no robot leads a list."""
    source = SimulatedShop(SimulatedSource(products=1_500, users=4_000, days=DAYS, events_per_day=6_000), FIRST)
    end = datetime(2026, 1, 1 + DAYS, tzinfo=UTC)
    day = pl.col("ts").dt.strftime("%Y-%m-%d").alias("day")
    people = pl.concat(source.read("events", None, end)).with_columns(day)
    bought = pl.concat(source.read("orders", None, end)).with_columns(day)
    states = pl.concat(source.read("products", None, end))
    states = states.with_columns(pl.col("updated_at").dt.strftime("%Y-%m-%d").alias("day"))
    mixed = robots(people, states["product_id"].unique().sort().to_list())
    assert (mixed.height - people.height) / mixed.height == pytest.approx(0.2, abs=0.01)
    figures: dict[str, tuple[float, float]] = {}
    queries: list[Query] = []
    visitors = set("s/" + people["session_id"].unique())
    for name, log in (("clean", people), ("mixed", mixed)):
        lake = Lake(str(tmp_path / name))
        lake.replace_partition("products", states, str(FIRST), LAST)
        found = run("robots", {"events": log, **robot_limits(Robots())})
        for table in ("sessions", "product_stats"):
            rows = run(table, {"events": log, "orders": bought, "robots": found})
            lake.replace_partition(table, rows, str(FIRST), LAST)
        catalogue = Catalogue.build(catalogue_as_of(lake, LAST))
        queries = queries or next_items(session_rows(lake, catalogue, LAST, LAST))
        assert len(visitors & set(found["visitor"])) <= 0.01 * len(visitors)
        seen = session_rows(lake, catalogue, str(FIRST), CUT)
        model = SessionKnn.fit(seen.group, seen.item, seen.ts, len(catalogue))
        top = fitted_popularity(SHOP, lake, catalogue, str(FIRST), CUT).top(20).items.tolist()
        figures[name] = hits(model, top, queries)
        assert catalogue.position(HAMMERED) not in top
    assert figures["mixed"] == pytest.approx(figures["clean"], rel=0.02)
