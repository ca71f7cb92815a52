"""What a release knows of the banners of each slot: priors from the logs, and what the shop has declared.

Belongs here: fitting, and the files. Policies are `policies` and `slot_policy`; counts since the release are kept by
the operational store and added to the priors by serving.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.banners.context_model import ContextModel
from assets.models.banners.policies.discounting import day_weights
from assets.models.banners.slot_policy import PolicyTrial, SlotPolicy, slot_policies_from
from assets.models.banners.terms import Terms, terms_from
from evaluation.arrays import Floats

__all__ = ["MAX_STRENGTH", "BannerPriors"]

FILE = "priors.json"
DECLARED_FILE = "banners.json"
SLOTS_FILE = "slots.json"
TRIALS_FILE = "trials.json"
CONTEXT_FOLDER = "contexts"
MIN_STRENGTH = 2.0
"""Impressions that the slot's mean is worth at least, however much its banners differ."""
LEAST_WEIGHT = 1e-12
"""Of an impression, however old: rates of what was shown long ago stay defined."""
MAX_STRENGTH = 1_000.0
"""Impressions that a prior is worth at most: the past may inform a new release's bandit but not freeze it."""
MAX_NEW_STRENGTH = 100.0
"""Impressions that the prior of a banner never shown is worth at most: it may differ more than those before it did."""


class BannerPriors:
    """A Beta(α, β) for each banner of each slot, shrunk towards the slot's mean by empirical Bayes."""

    def __init__(
        self,
        priors: Mapping[str, Mapping[str, tuple[float, float]]],
        declared: Mapping[str, Terms] | None = None,
        policies: Mapping[str, SlotPolicy] | None = None,
        contexts: Mapping[str, ContextModel] | None = None,
        trials: Mapping[str, PolicyTrial] | None = None,
    ) -> None:
        """Use ``fit`` or ``load``. ``priors`` is slot → banner → (α, β)."""
        self._priors = {slot: dict(sorted(arms.items())) for slot, arms in sorted(priors.items())}
        self.declared = dict(declared or {})
        """What the shop says of its banners; empty where it declares none."""
        self.policies = dict(policies or {})
        """What the shop says of its slots."""
        self.contexts = dict(contexts or {})
        """What contexts tell, of slots whose policy heeds them."""
        self.trials = dict(trials or {})
        """Of slots for which the shop declares another policy than the one before."""

    @classmethod
    def fit(
        cls,
        slot: Sequence[str],
        banner_id: Sequence[str],
        reward: NDArray[np.floating],
        declared: Mapping[str, Terms] | None = None,
        policies: Mapping[str, SlotPolicy] | None = None,
        age_days: Floats | None = None,
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
            policies: slot → how it chooses; where that has a half-life, older rows count for less.
            age_days: float64[m] from an impression's day to that of the release; none for 0.

        Raises:
            ValueError: If lengths differ or a reward is outside [0, 1].
        """
        reward = np.asarray(reward, dtype=np.float64)
        if not len(slot) == len(banner_id) == len(reward):
            raise ValueError(f"slot, banner_id, reward have {len(slot)}, {len(banner_id)}, {len(reward)} rows.")
        if not ((reward >= 0) & (reward <= 1)).all():
            raise ValueError("reward holds a value outside [0, 1]: scale it, for example to 1 for a click.")
        weight = _weights(slot, policies or {}, np.zeros(len(slot)) if age_days is None else age_days)
        columns = {"slot": slot, "banner": banner_id, "reward": reward, "weight": weight}
        schema = {"slot": pl.String, "banner": pl.String, "reward": pl.Float64, "weight": pl.Float64}
        # Sorted by all: float sums depend on their order, and the order of rows must not matter.
        rows = pl.DataFrame(columns, schema=schema).sort("slot", "banner", "reward", "weight")
        arm = rows.select(pl.struct("slot", "banner").rle_id())["slot"].to_numpy()
        shown = np.bincount(arm, weights=rows["weight"].to_numpy())
        rewarded = np.bincount(arm, weights=(rows["reward"] * rows["weight"]).to_numpy())
        names = rows.select("slot", "banner").unique(maintain_order=True)
        priors: dict[str, dict[str, tuple[float, float]]] = {}
        usual: dict[str, tuple[float, float]] = {}
        for name in names["slot"].unique().sort().to_list():
            here = (names["slot"] == name).to_numpy()
            usual[name] = _usual(shown[here], rewarded[here])
            alpha, beta = _shrunk(shown[here], rewarded[here], usual[name])
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
        return cls(priors, declared, policies)

    def learn_contexts(
        self,
        slot: Sequence[str],
        banner_id: Sequence[str],
        context: Sequence[str | None],
        reward: Floats,
        age_days: Floats,
    ) -> None:
        """Fit what contexts tell, for the slots whose policy heeds them: rows and their order as of ``fit``."""
        weight = _weights(slot, self.policies, age_days)
        for name, said in self.policies.items():
            if not said.is_contextual or name not in self._priors:
                continue
            rows = [i for i, one in enumerate(slot) if one == name]
            shown, texts = [banner_id[i] for i in rows], [context[i] for i in rows]
            self.contexts[name] = ContextModel.fit(
                self.arms(name), said.features, shown, texts, reward[rows], weight[rows]
            )

    def policy(self, slot: str) -> SlotPolicy:
        """How a slot chooses."""
        return self.policies.get(slot, SlotPolicy())

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

    def prior(self, slot: str, age_days: float = 0.0) -> tuple[Floats, Floats]:
        """(α[arms], β[arms]) in the order of ``arms``, all above 0.

        Where the slot has a half-life, less strong the older the release is; none falls below ``MIN_STRENGTH`` by it.

        Raises:
            ValueError: If the slot is unknown, naming those that are known.
        """
        pairs = np.array([self._priors[slot][arm] for arm in self.arms(slot)], dtype=np.float64)
        kept = day_weights(np.array([age_days]), self.policy(slot).half_life_days)
        pairs *= np.maximum(kept, np.minimum(1.0, MIN_STRENGTH / pairs.sum(axis=1)))[:, None]
        return pairs[:, 0], pairs[:, 1]

    def save(self, folder: Path) -> None:
        """Write ``priors.json``: slot → banner → [α, β]; and where there is any, what is declared and contexts tell."""
        (folder / FILE).write_text(json.dumps(self._priors, ensure_ascii=False, indent=1), encoding="utf-8")
        if self.declared:
            (folder / DECLARED_FILE).write_bytes(msgspec.json.encode(self.declared, order="sorted"))
        if self.policies:
            (folder / SLOTS_FILE).write_bytes(msgspec.json.encode(self.policies, order="sorted"))
        if self.trials:
            (folder / TRIALS_FILE).write_bytes(msgspec.json.encode(self.trials, order="sorted"))
        if self.contexts:
            (folder / CONTEXT_FOLDER).mkdir()
        # By its number: a slot's name may be no name of a file.
        for i, slot in enumerate(self._priors):
            if slot in self.contexts:
                self.contexts[slot].save(folder / CONTEXT_FOLDER / str(i))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; a release from before policies were declared, or tried, has none."""
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        said = folder / DECLARED_FILE
        declared = terms_from(said.read_bytes()) if said.exists() else {}
        slots = folder / SLOTS_FILE
        policies = slot_policies_from(slots.read_bytes()) if slots.exists() else {}
        priors = {slot: {arm: (a, b) for arm, (a, b) in arms.items()} for slot, arms in content.items()}
        folders = {slot: folder / CONTEXT_FOLDER / str(i) for i, slot in enumerate(sorted(priors))}
        contexts = {slot: ContextModel.load(path) for slot, path in folders.items() if path.exists()}
        tried = folder / TRIALS_FILE
        trials = msgspec.json.decode(tried.read_bytes(), type=dict[str, PolicyTrial]) if tried.exists() else {}
        return cls(priors, declared, policies, contexts, trials)


def _weights(slot: Sequence[str], policies: Mapping[str, SlotPolicy], age_days: Floats) -> Floats:
    """What each row counts for, above 0: float64[m]."""
    weight = np.ones(len(slot))
    names = np.array(slot, dtype=np.str_)
    for name, said in policies.items():
        rows = names == name
        weight[rows] = day_weights(age_days[rows], said.half_life_days)
    return np.maximum(weight, LEAST_WEIGHT)


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
