"""The log of one slot of banners, as slates, and what a policy would have done on its rows.

What belongs here: which rows were drawn together, and the probability of each under another policy. What does not:
estimators (`evaluation.policy_value.slate_value`) and policies (`assets.models.banners`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.context_model import context_of
from assets.models.banners.policies.policy import NO_FEATURES
from assets.models.banners.slot_policy import SlotPolicy
from assets.models.banners.terms import Terms
from evaluation.arrays import Bools, Floats, Ints
from evaluation.policy_value.slate_value import SlateLog, SlatePolicy

__all__ = ["SlotLog", "fitted_priors"]

MAX_CELLS = 4_000_000
"""Impressions times banners of a slot that a policy is judged on: of more, slates are taken evenly."""
_NONE_LEFT = 1e-9
"""Probability of all banners below which a policy would have none left to show."""
_DRAWN_TOGETHER = ("ts", "context", "context_hash", "release", "policy")


def fitted_priors(
    rows: pl.DataFrame, day: str, policies: Mapping[str, SlotPolicy], declared: Mapping[str, Terms] | None = None
) -> BannerPriors:
    """Priors, and what contexts tell, of logged impressions as of ``day``, for slots of these policies."""
    days_ago = (pl.lit(day).str.to_date() - pl.col("day").str.to_date()).dt.total_days().cast(pl.Float64)
    age = rows.select(days_ago.alias("age"))["age"].to_numpy()
    slot, banner, reward = rows["slot"].to_list(), rows["banner_id"].to_list(), rows["reward"].to_numpy()
    priors = BannerPriors.fit(slot, banner, reward, declared, policies, age)
    priors.learn_contexts(slot, banner, rows["context"].to_list(), reward, age)
    return priors


@dataclass(frozen=True, slots=True)
class SlotLog:
    """Impressions of one slot, n rows by slate and position, of banners that have a prior."""

    arms: list[str]
    arm: Ints
    """int64[n], position in ``arms``."""
    context: list[str | None]
    rows: SlateLog
    left: Bools
    """bool[n, arms], banners that were not shown above the row in its slate."""
    modelled: Floats
    """float64[arms], the reward that is expected of an impression."""

    @classmethod
    def of(cls, priors: BannerPriors, slot: str, shown: pl.DataFrame) -> "SlotLog | None":
        """The slot's rows of ``shown``, without slates of banners that have no prior; none where none is left."""
        arms = priors.arms(slot)
        rows = _in_slates(shown.filter(pl.col("slot") == slot))
        rows = rows.filter(pl.col("banner_id").is_in(arms).all().over("slate"))
        if (most := max(MAX_CELLS // len(arms), 1)) < rows.height:
            every = -(-rows.height // most)
            rows = rows.filter(pl.col("slate") % every == 0)
        if rows.is_empty():
            return None
        arm = np.array([arms.index(banner) for banner in rows["banner_id"]], dtype=np.int64)
        slate = rows["slate"].rle_id().to_numpy().astype(np.int64)
        left = np.ones((arm.size, len(arms)), dtype=np.bool_)
        for row in np.flatnonzero(np.diff(slate) == 0).tolist():
            left[row + 1] = left[row]
            left[row + 1, arm[row]] = False
        alpha, beta = priors.prior(slot)
        modelled = alpha / (alpha + beta)
        reward, logged = (rows[name].to_numpy().astype(np.float64) for name in ("reward", "propensity"))
        log = SlateLog(slate, reward, logged, modelled[arm])
        return cls(arms, arm, rows["context"].to_list(), log, left, modelled)

    def under(self, odds: Floats) -> SlatePolicy:
        """A policy of these ``odds`` on the rows.

        Args:
            odds: float64[arms] where they are always the same, else float64[n, arms]; each row adds up to 1. Those
                that are left share by them, or equally where these say that none is shown.
        """
        shown = np.where(self.left, odds, 0.0)
        total = shown.sum(axis=1, keepdims=True)
        shares = np.where(total > _NONE_LEFT, shown, self.left) / np.where(
            total > _NONE_LEFT, total, self.left.sum(axis=1, keepdims=True)
        )
        target = shares[np.arange(self.arm.size), self.arm]
        return SlatePolicy(np.minimum(target, 1.0), shares @ self.modelled)

    def odds_of(self, priors: BannerPriors, slot: str) -> Floats:
        """The slot's own policy, as ``priors`` would have it served: float64[arms], or [n, arms] by context.

        Whatever the shop shows on some days or in some contexts only counts as shown always.
        """
        said, told = priors.policy(slot), priors.contexts.get(slot)
        policy = said.served(*priors.prior(slot), None if told is None else told.regressions)
        rng = np.random.default_rng(0)
        if told is None or not said.is_contextual:
            return policy.odds(NO_FEATURES, rng)
        features = [told.features.encoded(context_of(text)) for text in self.context]
        known = {row.tobytes(): row for row in features}
        odds = {key: policy.odds(row, rng) for key, row in known.items()}
        return np.array([odds[row.tobytes()] for row in features])


def _in_slates(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the order of slates and positions, with the number of each slate.

    Rows of one moment, context and release are one slate if no banner and no position is there twice; a position that
    does not follow the one above begins another.
    """
    together = pl.struct(_DRAWN_TOGETHER)
    rows = rows.with_columns(together.rank("dense").alias("together")).sort("together", "position", "impression_id")
    twice = pl.struct("together", "banner_id").is_duplicated() | pl.struct("together", "position").is_duplicated()
    follows = (pl.col("position") == pl.col("position").shift(1) + 1).over("together").fill_null(value=False)
    rows = rows.with_columns(twice.alias("twice"), follows.alias("follows"))
    begins = pl.col("twice").any().over("together") | ~pl.col("follows")
    return rows.with_columns(begins.cast(pl.Int64).cum_sum().alias("slate"))
