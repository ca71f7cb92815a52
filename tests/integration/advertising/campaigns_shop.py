"""A shop of several campaigns whose true effects are known: its logs as files, and the file that declares it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from evaluation.arrays import Floats, Ints

__all__ = ["LAST", "MARGIN", "REVENUE", "Trial", "World", "write_shop"]

LAST = "2026-01-04"
MARGIN, REVENUE = 0.5, 20.0
_SENT = datetime(2026, 1, 1, 8, tzinfo=UTC)
_HEAD = """
name = "several"
first_day = 2026-01-01
last_day = 2026-01-04
window_days = 4

[source]
kind = "files"
folder = "{folder}"

[user_attributes]
numeric = ["age", "thrift"]

[tables.users]
query = "SELECT * FROM read_parquet('{{folder}}/users.parquet')"

[tables.ad_exposures]
query = "SELECT * FROM read_parquet('{{folder}}/exposures.parquet')"

[tables.orders]
query = "SELECT * FROM read_parquet('{{folder}}/orders.parquet')"
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """A campaign's users, and its keys in the shop's file."""

    users: Ints
    """Places of the users who are in it."""
    effect: Floats
    """What its contact adds to the chance of buying, of every user of the world."""
    keys: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """Users u00000 … with two attributes, of whom each buys with ``base`` after an exposure without a contact."""

    age: Floats
    thrift: Floats
    base: Floats

    @classmethod
    def of(cls, users: int, seed: int) -> "World":
        """Ages 18 to 80 and thrift 0 to 1, both uniform; a tenth buys."""
        rng = np.random.default_rng(seed)
        return cls(rng.uniform(18, 80, users), rng.uniform(0, 1, users), np.full(users, 0.1))

    @property
    def ids(self) -> pl.Series:
        """Of the users, in their order."""
        return pl.Series("user_id", [f"u{place:05d}" for place in range(self.age.size)])


def write_shop(folder: Path, world: World, trials: Mapping[str, Trial], *, head: str = "", seed: int = 0) -> Path:
    """The logs of the trials, each of which contacts half of its users at random, and the shop that reads them.

    A trial's exposures lie a day before those of the next one, and every attribution window is of a day, so that no
    order counts twice. ``head`` are more tables of the shop's file.
    """
    rng = np.random.default_rng(seed)
    ids = world.ids
    pl.DataFrame({"user_id": ids, "age": world.age, "thrift": world.thrift}).with_columns(
        pl.lit(_SENT.replace(hour=0)).alias("updated_at")
    ).write_parquet(folder / "users.parquet")
    exposures, orders = [], []
    for day, (name, trial) in enumerate(trials.items()):
        treated = rng.random(trial.users.size) < 0.5
        bought = rng.random(trial.users.size) < world.base[trial.users] + treated * trial.effect[trial.users]
        ts = pl.lit(_SENT) + pl.duration(days=day)
        exposed = pl.DataFrame({"user_id": ids.gather(trial.users), "treated": treated, "bought": bought})
        exposures.append(
            exposed.select(
                pl.format("{}-{}", pl.lit(name), "user_id").alias("exposure_id"),
                "user_id",
                pl.lit(name).alias("campaign_id"),
                ts.alias("ts"),
                pl.when("treated").then(pl.lit("treatment")).otherwise(pl.lit("control")).alias("arm"),
                pl.lit(0.5).alias("propensity"),
                pl.lit(0.0).alias("cost"),
            )
        )
        orders.append(
            exposed.filter("bought").select(
                pl.format("o-{}-{}", pl.lit(name), "user_id").alias("order_id"),
                pl.lit(1).alias("line"),
                (ts + pl.duration(hours=10)).alias("ts"),
                pl.lit("sale").alias("kind"),
                "user_id",
                pl.lit("basket").alias("product_id"),
                pl.lit(1).alias("quantity"),
                pl.lit(REVENUE).alias("unit_price"),
            )
        )
    pl.concat(exposures).write_parquet(folder / "exposures.parquet")
    pl.concat(orders).write_parquet(folder / "orders.parquet")
    declared = [
        f"[campaigns.{name}]\nattribution_days = 1\nmargin = {MARGIN}\n{trial.keys}" for name, trial in trials.items()
    ]
    path = folder / "shop.toml"
    path.write_text("\n".join([_HEAD.format(folder=folder), head, *declared]), encoding="utf-8")
    return path
