"""Which banner to show in a slot: priors from the logs, and the odds with which Thompson sampling would choose.

Belongs here: the priors that a release carries, with what the shop has declared of its banners, and the distribution
over banners. Counts since the release are kept by the operational store and added to the priors by serving.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.banners.terms import Terms, terms_from
from evaluation.arrays import Floats

__all__ = ["MAX_STRENGTH", "BannerPriors", "thompson_distribution"]

FILE = "priors.json"
DECLARED_FILE = "banners.json"
MIN_STRENGTH = 2.0
"""Impressions that the slot's mean is worth at least, however much its banners differ."""
MAX_STRENGTH = 1_000.0
"""Impressions that a prior is worth at most: the past may inform a new release's bandit but not freeze it."""
MAX_NEW_STRENGTH = 100.0
"""Impressions that the prior of a banner never shown is worth at most: it may differ more than those before it did."""


class BannerPriors:
    """A Beta(α, β) for each banner of each slot, shrunk towards the slot's mean by empirical Bayes."""

    def __init__(
        self, priors: Mapping[str, Mapping[str, tuple[float, float]]], declared: Mapping[str, Terms] | None = None
    ) -> None:
        """Use ``fit`` or ``load``. ``priors`` is slot → banner → (α, β)."""
        self._priors = {slot: dict(sorted(arms.items())) for slot, arms in sorted(priors.items())}
        self.declared = dict(declared or {})
        """What the shop says of its banners; empty where it declares none."""

    @classmethod
    def fit(
        cls,
        slot: Sequence[str],
        banner_id: Sequence[str],
        reward: NDArray[np.floating],
        declared: Mapping[str, Terms] | None = None,
    ) -> Self:
        """From one row an impression.

        The slot's Beta has its mean reward and the strength that explains how much its banners differ (moments of
        the beta-binomial, Kleinman 1973); each banner's counts are added to it, and the sum is scaled down to
        ``MAX_STRENGTH`` with its mean kept. A declared banner that its slot has never shown has the slot's Beta, of at
        most ``MAX_NEW_STRENGTH``; in a slot without any impression the even one.

        Args:
            slot: m names.
            banner_id: m names.
            reward: float[m] in [0, 1], such as 1 for a click.
            declared: the shop's banners; where there are any, others have no prior and are never shown.

        Raises:
            ValueError: If lengths differ or a reward is outside [0, 1].
        """
        reward = np.asarray(reward, dtype=np.float64)
        if not len(slot) == len(banner_id) == len(reward):
            raise ValueError(f"slot, banner_id, reward have {len(slot)}, {len(banner_id)}, {len(reward)} rows.")
        if not ((reward >= 0) & (reward <= 1)).all():
            raise ValueError("reward holds a value outside [0, 1]: scale it, for example to 1 for a click.")
        columns = {"slot": slot, "banner": banner_id, "reward": reward}
        # Sorted by reward too: float sums depend on their order, and the order of rows must not matter.
        rows = pl.DataFrame(columns, schema={"slot": pl.String, "banner": pl.String, "reward": pl.Float64}).sort(
            "slot", "banner", "reward"
        )
        arm = rows.select(pl.struct("slot", "banner").rle_id())["slot"].to_numpy()
        shown = np.bincount(arm)
        rewarded = np.bincount(arm, weights=rows["reward"].to_numpy())
        names = rows.select("slot", "banner").unique(maintain_order=True)
        priors: dict[str, dict[str, tuple[float, float]]] = {}
        usual: dict[str, tuple[float, float]] = {}
        for name in names["slot"].unique().sort().to_list():
            here = (names["slot"] == name).to_numpy()
            usual[name] = _usual(shown[here].astype(np.float64), rewarded[here])
            alpha, beta = _shrunk(shown[here].astype(np.float64), rewarded[here], usual[name])
            banners = names.filter(pl.col("slot") == name)["banner"].to_list()
            priors[name] = dict(zip(banners, zip(alpha.tolist(), beta.tolist(), strict=True), strict=True))
        if declared:
            slots = {slot for banner in declared.values() for slot in banner.slots}
            priors = {
                slot: {
                    name: priors.get(slot, {}).get(name) or _expected(banner, usual.get(slot, (0.5, MIN_STRENGTH)))
                    for name, banner in declared.items()
                    if slot in banner.slots
                }
                for slot in slots
            }
        return cls(priors, declared)

    def slots(self) -> list[str]:
        """Slots with priors, sorted."""
        return list(self._priors)

    def arms(self, slot: str) -> list[str]:
        """Banners of a slot, sorted.

        Raises:
            ValueError: If the slot is unknown, naming those that are known.
        """
        if slot not in self._priors:
            raise ValueError(f"slot {slot!r} has no banner; known are {self.slots()}.")
        return list(self._priors[slot])

    def prior(self, slot: str) -> tuple[Floats, Floats]:
        """(α[arms], β[arms]) in the order of ``arms``, all above 0.

        Raises:
            ValueError: If the slot is unknown, naming those that are known.
        """
        pairs = np.array([self._priors[slot][arm] for arm in self.arms(slot)], dtype=np.float64)
        return pairs[:, 0], pairs[:, 1]

    def save(self, folder: Path) -> None:
        """Write ``priors.json``: slot → banner → [α, β]; and ``banners.json``, what is declared, if anything is."""
        (folder / FILE).write_text(json.dumps(self._priors, ensure_ascii=False, indent=1), encoding="utf-8")
        if self.declared:
            (folder / DECLARED_FILE).write_bytes(msgspec.json.encode(self.declared, order="sorted"))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote."""
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        said = folder / DECLARED_FILE
        declared = terms_from(said.read_bytes()) if said.exists() else {}
        return cls({slot: {arm: (a, b) for arm, (a, b) in arms.items()} for slot, arms in content.items()}, declared)


def thompson_distribution(
    alpha: Floats,
    beta: Floats,
    rng: np.random.Generator,
    draws: int = 1_000,
    floor: float = 0.01,
) -> Floats:
    """Probability that each arm is the best, by Monte Carlo, mixed with a uniform floor.

    The result is ``(1 - floor) · wins / draws + floor / arms``. A server that draws from exactly this distribution
    knows its propensity exactly, where one draw of classical Thompson sampling would leave it to be estimated; the
    floor keeps every arm's above 0, so that off-policy estimates exist (Thompson 1933; Chapelle & Li, NIPS 2011).

    Args:
        alpha: float64[arms] > 0.
        beta: float64[arms] > 0.
        rng: Source of the draws.
        draws: Monte Carlo draws an arm; the standard error of a probability p is √(p(1-p)/draws).
        floor: Share of choices made uniformly, in [0, 1].

    Returns:
        float64[arms], each at least floor / arms, adding up to 1.

    Raises:
        ValueError: If there is no arm, a parameter is not above 0, or a setting is out of range.
    """
    if alpha.ndim != 1 or alpha.shape != beta.shape or not len(alpha):
        raise ValueError(f"alpha {list(alpha.shape)} and beta {list(beta.shape)}: give one of each for every arm.")
    if not ((alpha > 0) & (beta > 0) & np.isfinite(alpha + beta)).all():
        raise ValueError("alpha and beta must be finite and above 0: start from a prior such as 1, 1.")
    if draws < 1 or not 0 <= floor <= 1:
        raise ValueError(f"draws {draws} and floor {floor}: draws must be at least 1, floor in [0, 1].")
    best = np.argmax(rng.beta(alpha, beta, size=(draws, len(alpha))), axis=1)
    wins = np.bincount(best, minlength=len(alpha)) / draws
    mixed = (1.0 - floor) * wins + floor / len(alpha)
    return np.asarray(mixed / mixed.sum(), dtype=np.float64)


def _usual(shown: Floats, rewarded: Floats) -> tuple[float, float]:
    """Mean and strength of one slot's Beta."""
    # Half a reward and half a miss more, so that a slot nobody ever clicked keeps a mean above 0.
    mean = (float(rewarded.sum()) + 0.5) / (float(shown.sum()) + 1.0)
    return mean, _strength(shown, rewarded, mean)


def _expected(banner: Terms, usual: tuple[float, float]) -> tuple[float, float]:
    """α and β of a banner that was never shown in a slot of the ``usual`` mean and strength."""
    mean = usual[0] if banner.prior_rate is None else banner.prior_rate
    strength = min(usual[1], MAX_NEW_STRENGTH) if banner.prior_weight is None else banner.prior_weight
    return mean * strength, (1.0 - mean) * strength


def _shrunk(shown: Floats, rewarded: Floats, usual: tuple[float, float]) -> tuple[Floats, Floats]:
    """α and β of one slot's banners."""
    mean, strength = usual
    alpha = mean * strength + rewarded
    beta = (1.0 - mean) * strength + shown - rewarded
    scale = np.minimum(1.0, MAX_STRENGTH / (alpha + beta))
    return alpha * scale, beta * scale


def _strength(shown: Floats, rewarded: Floats, mean: float) -> float:
    """α + β of the slot's Beta: 1/ρ - 1 of Kleinman's intra-class correlation ρ, within the limits."""
    arms, total = len(shown), float(shown.sum())
    noise = mean * (1.0 - mean) * (arms - 1)
    spread = float((shown * (rewarded / shown - mean) ** 2).sum())
    room = mean * (1.0 - mean) * (total - float((shown**2).sum()) / total - (arms - 1))
    if spread <= noise or room <= 0:
        return MAX_STRENGTH if arms > 1 else MIN_STRENGTH
    return float(np.clip(room / (spread - noise) - 1.0, MIN_STRENGTH, MAX_STRENGTH))
