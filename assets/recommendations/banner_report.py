"""What banners earned, and what other policies would have earned on the same impressions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from assets.charts import bars_with_intervals, pictures
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR, SAME_DAY
from assets.models.banners.bandit import BannerPriors
from assets.models.banners.policies.thompson import thompson_distribution
from assets.recommendations.banner_log import SlotLog, fitted_priors
from assets.tables.held_out import HeldOutDays, held_out_days
from evaluation.policy_value.slate_value import slate_estimates
from evaluation.resampling.bootstrap import Interval, mean_interval
from resources.model_store import Unavailable

__all__ = ["banner_report"]

DRAWS = 10_000
"""Of Thompson's odds: ten times those that serving draws from."""
MAX_ALONE = 20
"""Banners of a slot whose value alone is told, the most shown first."""
MAX_DRAWN = 10
"""Slots in the picture, the most shown first."""

IN_PICTURE = ("logged", "own", "thompson", "uniform")
"""Policies of the picture and of the main figures: as it was logged, and the slot's own first."""

Figures = dict[str, Any]


@daily_model(
    group="reports",
    kinds={"matplotlib"},
    reads={"banner_impressions": BEHAVIOUR, "banner_priors": SAME_DAY},
)
def banner_report(at: AsOf) -> Built:
    """What banners earned on the last days, and what other policies would have earned on these impressions.

    The policy of the slot and plain Thompson sampling as fitted on the days before, banners in equal shares, and each
    banner alone: by inverse propensities (IPS), normalised (SNIPS), by a model of rewards (DM), doubly robust (DR), and
    that without large weights (switch-DR), each with its interval and how many impressions its weights are worth.
    Positions drawn together are judged together. And whether a policy that the shop declares is served.
    """
    days = held_out_days(at.shop, at.lake, ["banner_impressions"], at.day)
    rows = at.lake.read("banner_impressions", at.first(BEHAVIOUR), days.last)
    seen, held = rows.filter(pl.col("day") < days.first), rows.filter(pl.col("day") >= days.first)
    if seen.is_empty() or held.is_empty():
        raise Unavailable(f"no banner impressions both on {days} and before")
    served = BannerPriors.load(at.model("banner_priors"))
    plain, own = (fitted_priors(seen, days.before, policies) for policies in ({}, served.policies))
    logs = {slot: SlotLog.of(plain, slot, held) for slot in plain.slots()}
    figures = {slot: _measured(log, slot, plain, own) for slot, log in logs.items() if log is not None}
    if not figures:
        raise Unavailable(f"no banner of {days} was shown before")
    for slot in figures.keys() & served.trials.keys():
        figures[slot]["trial"] = msgspec.to_builtins(served.trials[slot])
    (at.folder / "banners.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return Built(
        sum(of["impressions"] for of in figures.values()),
        {"held_out": str(days), "figures": figures, **pictures(*_draw(at.folder, figures, days))},
        metrics={f"banner_reward_{policy}": _overall(figures, policy) for policy in IN_PICTURE},
    )


def _measured(log: SlotLog, slot: str, plain: BannerPriors, own: BannerPriors) -> Figures:
    """Figures of one slot: each banner's, and each policy's."""
    arms, reward = len(log.arms), log.rows.reward
    odds = thompson_distribution(*plain.prior(slot), np.random.default_rng(0), DRAWS)
    policies = {"own": log.odds_of(own, slot), "thompson": odds, "uniform": np.full(arms, 1 / arms)}
    shown = np.bincount(log.arm, minlength=arms)
    most = np.argsort(-shown, kind="stable")[:MAX_ALONE]
    policies |= {f"always {log.arms[i]}": np.eye(arms)[i] for i in most.tolist() if shown[i]}
    rewarded = np.bincount(log.arm, weights=reward, minlength=arms)
    return {
        "impressions": reward.size,
        "policy": own.policy(slot).policy,
        "banners": {
            arm: {
                "impressions": int(shown[i]),
                "reward": float(rewarded[i] / shown[i]) if shown[i] else None,
                "expected": float(log.modelled[i]),
                "odds": float(odds[i]),
            }
            for i, arm in enumerate(log.arms)
        },
        "policies": {
            "logged": {"logged": mean_interval(reward)._asdict(), "effective_size": reward.size},
            **{name: slate_estimates(log.under(of), log.rows) for name, of in policies.items()},
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
        for policy in IN_PICTURE
    }
    path = folder / "banner_policies.png"
    bars_with_intervals(path, bars, title=f"Reward of an impression, {days}", unit="reward (doubly robust)")
    return [path]
