"""What banners earned, and what other policies would have earned on the same impressions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assets.charts import bars_with_intervals, pictures
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR
from assets.models.banners.bandit import BannerPriors
from assets.models.banners.policies.thompson import thompson_distribution
from assets.tables.held_out import HeldOutDays, held_out_days
from evaluation.arrays import Floats
from evaluation.policy_value.off_policy import policy_estimates
from evaluation.resampling.bootstrap import Interval, mean_interval
from resources.model_store import Unavailable

__all__ = ["banner_report"]

DRAWS = 10_000
"""Of Thompson's odds: ten times those that serving draws from."""
MAX_ALONE = 20
"""Banners of a slot whose value alone is told, the most shown first."""
MAX_DRAWN = 10
"""Slots in the picture, the most shown first."""

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Slot:
    """Held-out impressions of one slot, of banners that were shown before too."""

    arms: list[str]
    arm: np.ndarray
    """int64[n] position in ``arms``."""
    reward: Floats
    propensity: Floats
    modelled: Floats
    """float64[arms], the reward of an impression that the days before let expect."""
    odds: Floats
    """float64[arms], Thompson's, by the days before."""


@daily_model(group="reports", kinds={"matplotlib"}, reads={"banner_impressions": BEHAVIOUR})
def banner_report(at: AsOf) -> Built:
    """What banners earned on the last days, and what other policies would have earned on these impressions.

    Thompson sampling as fitted on the days before, banners in equal shares, and each banner alone: by inverse
    propensities (IPS), normalised (SNIPS), by a model of rewards (DM), doubly robust (DR), and that without large
    weights (switch-DR), each with its interval and how many impressions its weights are worth.
    """
    days = held_out_days(at.shop, at.lake, ["banner_impressions"], at.day)
    rows = at.lake.read("banner_impressions", at.first(BEHAVIOUR), days.last)
    seen, held = rows.filter(pl.col("day") < days.first), rows.filter(pl.col("day") >= days.first)
    if seen.is_empty() or held.is_empty():
        raise Unavailable(f"no banner impressions both on {days} and before")
    priors = BannerPriors.fit(seen["slot"].to_list(), seen["banner_id"].to_list(), seen["reward"].to_numpy())
    figures = {slot: _measured(one) for slot, one in _slots(priors, held).items()}
    if not figures:
        raise Unavailable(f"no banner of {days} was shown before")
    (at.folder / "banners.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return Built(
        sum(of["impressions"] for of in figures.values()),
        {"held_out": str(days), "figures": figures, **pictures(*_draw(at.folder, figures, days))},
        metrics={f"banner_reward_{policy}": _overall(figures, policy) for policy in ("logged", "thompson", "uniform")},
    )


def _slots(priors: BannerPriors, held: pl.DataFrame) -> dict[str, _Slot]:
    """Slot → its impressions; slots and banners that were never shown before are left out."""
    slots: dict[str, _Slot] = {}
    for name in priors.slots():
        arms = priors.arms(name)
        rows = held.filter((pl.col("slot") == name) & pl.col("banner_id").is_in(arms)).sort("impression_id")
        if rows.is_empty():
            continue
        alpha, beta = priors.prior(name)
        slots[name] = _Slot(
            arms=arms,
            arm=np.array([arms.index(banner) for banner in rows["banner_id"]]),
            reward=rows["reward"].to_numpy().astype(np.float64),
            propensity=rows["propensity"].to_numpy().astype(np.float64),
            modelled=alpha / (alpha + beta),
            odds=thompson_distribution(alpha, beta, np.random.default_rng(0), DRAWS),
        )
    return slots


def _measured(slot: _Slot) -> Figures:
    """Figures of one slot: each banner's, and each policy's."""
    n, arms = slot.reward.size, len(slot.arms)
    policies = {"thompson": slot.odds, "uniform": np.full(arms, 1 / arms)}
    shown = np.bincount(slot.arm, minlength=arms)
    most = np.argsort(-shown, kind="stable")[:MAX_ALONE]
    policies |= {f"always {slot.arms[i]}": np.eye(arms)[i] for i in most.tolist() if shown[i]}
    rewarded = np.bincount(slot.arm, weights=slot.reward, minlength=arms)
    return {
        "impressions": n,
        "banners": {
            arm: {
                "impressions": int(shown[i]),
                "reward": float(rewarded[i] / shown[i]) if shown[i] else None,
                "expected": float(slot.modelled[i]),
                "odds": float(slot.odds[i]),
            }
            for i, arm in enumerate(slot.arms)
        },
        "policies": {
            "logged": {"logged": mean_interval(slot.reward)._asdict(), "effective_size": n},
            **{
                name: policy_estimates(odds, slot.arm, slot.reward, slot.propensity, slot.modelled)
                for name, odds in policies.items()
            },
        },
    }


def _best(of: Mapping[str, Any]) -> dict[str, float]:
    """The figure of a policy that is shown: what was earned, or else the doubly robust estimate."""
    return dict(of["logged"] if "logged" in of else of["dr"])


def _overall(figures: Mapping[str, Figures], policy: str) -> float:
    """Reward of an impression over all slots."""
    n = sum(of["impressions"] for of in figures.values())
    return float(sum(of["impressions"] * _best(of["policies"][policy])["estimate"] for of in figures.values()) / n)


def _draw(folder: Path, figures: Mapping[str, Figures], days: HeldOutDays) -> list[Path]:
    """What each policy earns, by slot."""
    most = sorted(figures, key=lambda slot: -figures[slot]["impressions"])[:MAX_DRAWN]
    bars = {
        f"{slot}: {policy}": Interval(**_best(figures[slot]["policies"][policy]))
        for slot in most
        for policy in ("logged", "thompson", "uniform")
    }
    path = folder / "banner_policies.png"
    bars_with_intervals(path, bars, title=f"Reward of an impression, {days}", unit="reward (doubly robust)")
    return [path]
