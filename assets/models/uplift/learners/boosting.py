"""Regularised LightGBM boosters on columns that are binned once, saved as LightGBM text.

What belongs here: the parameters that keep small effects from drowning in noise; binning; fit, predict, save and load
of one booster. What does not: treatment, effects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from evaluation.arrays import Bools, Floats

__all__ = [
    "BinnedColumns",
    "SavedBooster",
    "boosted_predictions",
    "booster_parameters",
    "loaded_booster",
    "save_booster",
]


TREES = 60
LEAVES = 8
LEARNING_RATE = 0.05
MIN_LEAF_SHARE = 0.01
"""A leaf holds at least this share of the rows: with LightGBM's default of 20 rows the effects are noise."""
MIN_LEAF_RESPONSES = 20
"""Rarer outcomes expected of a leaf at least: at 1 % of buyers, a leaf of 1 % of the rows may hold no purchase."""
MAX_LEAF_SHARE = 0.1
"""Above this share of the rows the rule of `MIN_LEAF_RESPONSES` stops: some splits must remain possible."""


def booster_parameters(rows: int, rarer_outcome: float, *, objective: str, seed: int) -> dict[str, Any]:
    """LightGBM's parameters of one fit.

    Args:
        rows: rows of the fit.
        rarer_outcome: share of the rarer outcome, in (0, 0.5]; 0.5 for a target that is not binary.
        objective: ``binary`` or ``regression``.
        seed: fixes the fit, which is single-threaded and deterministic.
    """
    by_responses = min(MIN_LEAF_RESPONSES / max(rarer_outcome, 1e-9), MAX_LEAF_SHARE * rows)
    return {
        "objective": objective,
        "num_leaves": LEAVES,
        "learning_rate": LEARNING_RATE,
        "min_data_in_leaf": int(max(20, MIN_LEAF_SHARE * rows, by_responses)),
        "lambda_l2": 1.0,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }


@dataclass(frozen=True, slots=True)
class BinnedColumns:
    """A matrix whose columns were cut into bins once; every booster of a panel of learners takes its rows of it."""

    rows: int
    dataset: Any

    @classmethod
    def of(cls, X: Floats) -> Self:
        """Bin X float64[n, p]; NaN = missing."""
        import lightgbm

        # A column may be useless to one booster and not to another, so none is dropped here.
        parameters = {"feature_pre_filter": False, "num_threads": 1, "verbosity": -1, "force_col_wise": True}
        data = lightgbm.Dataset(X, label=np.zeros(len(X)), params=parameters, free_raw_data=True)
        return cls(len(X), data.construct())

    def boosted(
        self,
        rows: Bools,
        target: Floats,
        weight: Floats,
        *,
        objective: str,
        seed: int,
        rarer_outcome: float = 0.5,
        start: Floats | None = None,
        trees: int = TREES,
        parameters: Mapping[str, Any] = MappingProxyType({}),
    ) -> Any:  # noqa: ANN401  (lightgbm has no types)
        """Fit one booster; learners differ in what it is fitted to and how, so there is much to say.

        Args:
            rows: which rows of the matrix take part, bool[n].
            target: 0/1 for ``binary``, any number for ``regression``; float64[n], only ``rows`` are read.
            weight: how often each row counts, float64[n]; rows of weight 0 are left out.
            objective: ``binary`` or ``regression``.
            seed: fixes the fit.
            rarer_outcome: share of the rarer outcome, where the target is made of 0/1 outcomes (see
                `booster_parameters`); found from the target itself for ``binary``.
            start: where the trees begin, float64[n]: log-odds for ``binary``, else values. None = at the mean. It is
                no part of the booster: whoever predicts adds it (`boosted_predictions`).
            trees: number of trees.
            parameters: LightGBM's parameters that replace or join those of `booster_parameters`.
        """
        import lightgbm

        used = np.flatnonzero(rows & (weight > 0))
        labels, counts = target[used], weight[used]
        if objective == "binary":
            share = float(np.average(labels, weights=counts))
            rarer_outcome = min(share, 1 - share)
        # Constructed before it gets its labels: LightGBM drops those that a subset was given earlier.
        part = self.dataset.subset(used).construct() if used.size < self.rows else self.dataset
        part.set_label(labels)
        # By set_field, because set_weight and set_init_score leave what an earlier booster was given if they get None.
        part.set_field("weight", None if (counts == 1).all() else counts.astype(np.float32))
        part.set_field("init_score", None if start is None else start[used])
        usual = booster_parameters(used.size, rarer_outcome, objective=objective, seed=seed)
        return lightgbm.train(usual | {"feature_pre_filter": False, **parameters}, part, num_boost_round=trees)


def boosted_predictions(booster: Any, X: Floats, *, raw: bool = False) -> Floats:  # noqa: ANN401  (lightgbm)
    """Probabilities (``binary``) or values (``regression``), float64[n]; ``raw``: log-odds instead of probabilities.

    A booster that was given a start answers with what its trees add to it, so ask for that with ``raw``.
    """
    if len(X) == 0:
        return np.zeros(0)
    return np.asarray(booster.predict(X, raw_score=raw, num_threads=1), dtype=np.float64)


def save_booster(booster: Any, path: Path) -> None:  # noqa: ANN401  (lightgbm has no types)
    """Write LightGBM's text format."""
    path.write_text(booster.model_to_string(), encoding="utf-8")


def loaded_booster(path: Path) -> Any:  # noqa: ANN401  (lightgbm has no types)
    """Read what `save_booster` wrote."""
    import lightgbm

    return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class SavedBooster:
    """A model that is one booster in one file."""

    FILE: ClassVar[str]

    booster: Any

    def predict(self, X: Floats) -> Floats:
        """Probabilities or values of X float64[n, p], float64[n]."""
        return boosted_predictions(self.booster, X)

    def save(self, folder: Path) -> None:
        """Write the booster as text into an existing folder."""
        save_booster(self.booster, folder / self.FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(loaded_booster(folder / cls.FILE))
