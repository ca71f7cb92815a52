"""The users of the simulated shop: tastes, effect types, declared attributes, and their true purchase chances.

What belongs here: what is true of a user all along. What users do on a day is in `simulated_purchases` and
`simulated_sessions`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.sources.simulated_catalogue import N_LEAVES
from resources.sources.simulated_random import Purpose, Weights, stream

__all__ = ["ATTRIBUTION_DAYS", "TYPES", "People"]

TYPES = ("persuadable", "sure_thing", "lost_cause", "sleeping_dog")
TYPE_SHARES = (0.25, 0.15, 0.45, 0.15)
ATTRIBUTION_DAYS = 7
"""Length of the window in which the true purchase chances hold."""
CONTROL_CHANCE = np.array([0.05, 0.45, 0.02, 0.30])
TREATED_CHANCE = np.array([0.30, 0.45, 0.02, 0.15])
ACTIVITY = np.array([2.4, 1.3, 0.5, 1.1])
"""Relative number of browsing sessions by type: persuadables look a lot and rarely buy."""
REGIONS = ("north", "south", "east", "west", "capital")
CHANNELS = ("email", "search", "social", "direct")
CHANNEL_CHANCES = np.array(
    [[0.35, 0.20, 0.35, 0.10], [0.25, 0.20, 0.10, 0.45], [0.15, 0.45, 0.25, 0.15], [0.10, 0.25, 0.15, 0.50]]
)
REGION_CHANCES = np.array(
    [[0.2, 0.2, 0.2, 0.1, 0.3], [0.2, 0.2, 0.2, 0.2, 0.2], [0.2, 0.2, 0.2, 0.3, 0.1], [0.3, 0.2, 0.2, 0.2, 0.1]]
)
JOINING_SHARE = 0.03
CHUNK_ROWS = 100_000

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class People:
    """Static parameters of all users, each array ``[users]`` unless it says otherwise."""

    kind: NDArray[np.int8]
    """Position in TYPES."""
    p_control: NDArray[np.float64]
    p_treated: NDArray[np.float64]
    """Chance of at least one purchase in ATTRIBUTION_DAYS without and with the ad."""
    joins: NDArray[np.int32]
    """Day on which the user registers, 0 for most; nothing happens before."""
    exposed: NDArray[np.int32]
    """Day of the campaign's exposure, -1 for the few who are never exposed."""
    treated: NDArray[np.bool_]
    leaves: NDArray[np.int8]
    """``[users, 3]``: favourite leaf categories, dearest first."""
    activity: Weights
    mean_activity_kind: NDArray[np.float64]
    """``[types]``: share of the browsing sessions that each type makes."""
    attributes: dict[str, NDArray[Any]]
    width: int
    """Digits in a user id."""

    @classmethod
    def build(cls, seed: int, n: int, days: int) -> "People":
        """Draw ``n`` users of a shop that runs for ``days``; exposures lie in 20 % to 65 % of them."""
        rng = stream(seed, Purpose.PEOPLE)
        kind = rng.choice(4, size=n, p=TYPE_SHARES).astype(np.int8)
        opens = rng.normal(np.array([0.4, 0.3, -0.7, -0.6])[kind], 1.0)
        discount = rng.normal(np.array([0.7, -0.7, 0.0, -0.6])[kind], 1.0)
        control = _logit(CONTROL_CHANCE)[kind] + rng.normal(0, 0.3, n)
        lift = (_logit(TREATED_CHANCE) - _logit(CONTROL_CHANCE))[kind]
        # The response to the ad varies smoothly within a type: with openness to mail, and by chance.
        shift = 0.2 * np.tanh(opens) + 0.15 * np.tanh(discount) + rng.normal(0, 0.15, n)
        joins = np.where(rng.random(n) < JOINING_SHARE, rng.integers(1, days, n), 0).astype(np.int32)
        low, high = days // 5, -(-13 * days // 20)
        exposed = rng.integers(low, high, n).astype(np.int32)
        exposed[joins >= np.maximum(exposed, 1)] = -1
        activity = ACTIVITY[kind] * rng.lognormal(0, 0.5, n)
        home = rng.integers(0, N_LEAVES, n)
        second = np.where(rng.random(n) < 0.5, (home + rng.integers(1, 4, n)) % N_LEAVES, rng.integers(0, N_LEAVES, n))
        age = np.clip(np.round(rng.normal(np.array([36, 45, 50, 40])[kind], 12)), 18, 90)
        age[rng.random(n) < 0.03] = np.nan
        return cls(
            kind=kind,
            p_control=_expit(control),
            p_treated=_expit(control + lift + shift),
            joins=joins,
            exposed=exposed,
            treated=rng.random(n) < 0.5,
            leaves=np.stack([home, second, rng.integers(0, N_LEAVES, n)], axis=1).astype(np.int8),
            activity=Weights(activity),
            mean_activity_kind=np.bincount(kind, activity, minlength=4) / activity.sum(),
            attributes={
                "age": age,
                "tenure_days": np.round(rng.lognormal(np.array([5.6, 6.7, 6.0, 6.5])[kind], 0.8)),
                "discount_share": np.round(_expit(discount), 3),
                "mail_open_rate": np.round(_expit(opens), 3),
                "household_size": 1.0 + rng.poisson(1.3, n),
                "region": _choose(rng, REGION_CHANCES[kind]),
                "channel": _choose(rng, CHANNEL_CHANCES[kind]),
            },
            width=max(6, len(str(n))),
        )

    def __len__(self) -> int:
        return len(self.kind)

    def ids(self, position: Ints) -> pl.Series:
        """Text ids ``U000001`` and on; null where the position is -1 (a guest)."""
        number = pl.Series(position + 1)
        text = pl.select("U" + number.cast(pl.String).str.zfill(self.width)).to_series()
        return pl.select(pl.when(number > 0).then(text).alias("user_id")).to_series()

    def purchase_chance(self, day: int) -> NDArray[np.float64]:
        """``[users]``: chance of a purchase on ``day``, such that a window of seven days has the true chance."""
        inside = self.treated & (self.exposed >= 0)
        inside &= (self.exposed <= day) & (day < self.exposed + ATTRIBUTION_DAYS)
        chance = np.where(inside, self.p_treated, self.p_control)
        return np.where(self.joins <= day, 1 - (1 - chance) ** (1 / ATTRIBUTION_DAYS), 0.0)

    def frames(self, first_day: date, start: int, stop: int) -> Iterator[pl.DataFrame]:
        """Rows of the users contract of those who register on the days ``start <= day < stop``."""
        positions = np.flatnonzero((self.joins >= start) & (self.joins < stop))
        midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
        for low in range(0, len(positions), CHUNK_ROWS):
            at = positions[low : low + CHUNK_ROWS]
            columns = {name: values[at] for name, values in self.attributes.items()}
            columns["region"] = np.array(REGIONS)[columns["region"]]
            columns["channel"] = np.array(CHANNELS)[columns["channel"]]
            wide = pl.DataFrame(columns).with_columns(pl.col("age").fill_nan(None))
            days = pl.lit(pl.Series(self.joins[at]))
            yield wide.select(
                self.ids(at),
                (pl.lit(midnight).cast(pl.Datetime("us", "UTC")) + pl.duration(days=days)).alias("updated_at"),
                *wide.columns,
            )


def _logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(p / (1 - p)), dtype=np.float64)


def _expit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)


def _choose(rng: np.random.Generator, chances: NDArray[np.float64]) -> NDArray[np.int8]:
    """One category for each row of chances."""
    return np.asarray((rng.random(len(chances))[:, None] > chances.cumsum(axis=1)[:, :-1]).sum(axis=1), np.int8)
