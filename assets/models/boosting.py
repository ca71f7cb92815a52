"""Regularised LightGBM boosters, saved as LightGBM text.

What belongs here: the parameters that keep small effects from drowning in noise, and fit, predict, save, load of
one booster. What does not: treatment, effects.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["boosted", "boosted_predictions", "loaded_booster", "save_booster"]

Floats = NDArray[np.float64]

TREES = 60
LEAVES = 8
LEARNING_RATE = 0.05
MIN_LEAF_SHARE = 0.01
"""A leaf holds at least this share of the rows: with LightGBM's default of 20 rows the effects are noise."""


def boosted(X: Floats, target: Floats, weight: Floats, *, objective: str, seed: int) -> Any:  # noqa: ANN401  (lightgbm has no types)
    """Fit one booster to X float64[n, p] (NaN = missing).

    Args:
        X: features.
        target: 0/1 for ``binary``, any number for ``regression``.
        weight: how often each row counts; rows of weight 0 are left out.
        objective: ``binary`` or ``regression``.
        seed: fixes the fit, which is single-threaded and deterministic.
    """
    import lightgbm

    used = weight > 0
    parameters = {
        "objective": objective,
        "num_leaves": LEAVES,
        "learning_rate": LEARNING_RATE,
        "min_data_in_leaf": max(20, int(MIN_LEAF_SHARE * used.sum())),
        "lambda_l2": 1.0,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(X[used], label=target[used], weight=weight[used], free_raw_data=True)
    return lightgbm.train(parameters, data, num_boost_round=TREES)


def boosted_predictions(booster: Any, X: Floats) -> Floats:  # noqa: ANN401  (lightgbm has no types)
    """Probabilities (``binary``) or values (``regression``), float64[n]."""
    if len(X) == 0:
        return np.zeros(0)
    return np.asarray(booster.predict(X, num_threads=1), dtype=np.float64)


def save_booster(booster: Any, path: Path) -> None:  # noqa: ANN401  (lightgbm has no types)
    """Write LightGBM's text format."""
    path.write_text(booster.model_to_string(), encoding="utf-8")


def loaded_booster(path: Path) -> Any:  # noqa: ANN401  (lightgbm has no types)
    """Read what `save_booster` wrote."""
    import lightgbm

    return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))
