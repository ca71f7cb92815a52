"""How often users respond without a new campaign: measured in the shop's own last days.

What belongs here: the outcome's mean, scatter and correlation with the time before, from orders and events. What does
not: what follows for a trial (`assets.models.uplift.targeting.trial_plan`).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import polars as pl

from assets.daily.partitions import days_before
from assets.tables.sql import statement
from assets.uplift.campaign import revenue_cap
from evaluation.insufficient import InsufficientDataError
from resources.engine import Engine
from resources.ingestion.ingest import midnight
from resources.lake import Lake
from resources.shop import Shop

__all__ = ["BEFORE_DAYS", "MeasuredOutcome", "PlannedOutcome", "last_day_of", "measured_outcome"]

BEFORE_DAYS = 28
"""Days before, whose outcome is the covariate of CUPED."""
_SEEN = {"events": "events", "orders": "orders", "exposures": "ad_exposures"}
PlannedOutcome = Literal["purchase", "visit", "revenue"]


@dataclass(frozen=True, slots=True)
class MeasuredOutcome:
    """The outcome of all users who were known when the window began."""

    users: int
    first_day: str
    """Of the window, which is as long as the campaign's attribution window."""
    last_day: str
    mean: float
    deviation: float
    correlation: float | None
    """Of the outcome with that of the `BEFORE_DAYS` before; none where that does not vary."""
    users_per_day: float
    """Users who did anything in the window, each once, by its days: what a campaign that begins with a visit gets."""
    revenue_per_response: float
    """Revenue of the window by those who responded."""


def last_day_of(lake: Lake, table: str) -> str | None:
    """The last day of ``table`` that has rows."""
    return max(lake.files(table).days, default=None)


def measured_outcome(lake: Lake, engine: Engine, shop: Shop, outcome: PlannedOutcome, day: str) -> MeasuredOutcome:
    """The outcome in the attribution window that ends with ``day``, of users known before it.

    Revenue is net of what came back within the window, and winsorised as in the campaign's frame.

    Raises:
        InsufficientDataError: Nobody was known before the window, or nobody responded in it.
    """
    days = shop.campaign.attribution_days
    first = days_before(day, days - 1)
    users = _known_before(lake, engine, shop, first)
    did = _outcomes(lake, engine, users, (first, day))
    earlier = _outcomes(lake, engine, users, (days_before(first, BEFORE_DAYS), days_before(first, 1)))
    within, before = did[outcome].cast(pl.Float64), earlier[outcome].cast(pl.Float64)
    if outcome == "revenue":
        within, before = (
            part.clip(upper_bound=revenue_cap(part, shop.campaign.winsorise)) for part in (within, before)
        )
    responded = int((within > 0).sum())
    if responded < 2 or (responded == within.len() and outcome != "revenue"):
        raise InsufficientDataError(
            f"{responded} of {within.len():,} users known before {first} responded by {day}: give the rate, or the "
            "mean and the deviation, that you expect"
        )
    y, x = within.to_numpy(), before.to_numpy()
    varies = y.std() > 0 and x.std() > 0
    correlation = float(np.corrcoef(y, x)[0, 1]) if varies else None
    mean, deviation = float(y.mean()), float(y.std(ddof=1))
    active, paid = _active(lake, first, day) / days, float(did["revenue"].sum()) / responded
    return MeasuredOutcome(within.len(), first, day, mean, deviation, correlation, active, paid)


def _known_before(lake: Lake, engine: Engine, shop: Shop, first: str) -> pl.DataFrame:
    """user_id of everybody whom a campaign could have addressed on the day ``first``."""
    since, until = days_before(first, shop.campaign.history_days), days_before(first, 1)
    seen = {name: lake.files(table, since, until) for name, table in _SEEN.items()}
    users = lake.read("users", None, until, columns=["user_id"])
    return engine.query(statement("known_users"), {"users": users, **seen})


def _outcomes(lake: Lake, engine: Engine, users: pl.DataFrame, days: tuple[str, str]) -> pl.DataFrame:
    """What each user did in these days, in the order of their ids: purchase, visit, revenue."""
    first, last = (date.fromisoformat(day) for day in days)
    units = users.sort("user_id").select(
        pl.col("user_id").alias("unit_id"),
        "user_id",
        pl.lit(midnight(first)).dt.cast_time_unit("us").alias("ts"),
        pl.lit(midnight(last + timedelta(days=1))).dt.cast_time_unit("us").alias("until"),
    )
    logs = {name: lake.files(name, *days) for name in ("orders", "events")}
    found = engine.query(statement("exposure_outcomes"), {"units": units, **logs})
    return found.sort("unit_id")


def _active(lake: Lake, first: str, last: str) -> int:
    """Users who did anything."""
    logs = [lake.files(table, first, last).scan(["user_id"]) for table in ("events", "orders")]
    users = pl.concat(logs).drop_nulls().select(pl.col("user_id").n_unique())
    return int(users.collect(engine="streaming").item())
