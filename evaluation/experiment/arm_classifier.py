"""Can the arm be told from what was known before? A classifier that tries, on users it was not trained on.

What belongs here: the attempt and its verdict; its predictions are the propensities of an observational log
(`evaluation.experiment.overlap`). What does not: which columns there are.

It sees what the comparison of single features (`evaluation.experiment.balance`) cannot: arms that differ by
combinations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats, Ints
from evaluation.experiment.auc import auc
from evaluation.resampling.multiplicity import ALPHA

__all__ = ["FOLDS", "ArmClassifier", "classify_arms"]


FOLDS = 5
MAX_ROWS = 100_000
"""Rows that are looked at: an area of 0.51 is then nearly four standard errors from one half: that is enough."""
NEGLIGIBLE = 0.01
"""Area above one half that is left alone even where it is proven."""
CLIP = 0.01
"""Predictions are kept this far from 0 and 1 to be propensities."""
_PARAMETERS = {
    "objective": "binary",
    "num_leaves": 8,
    "learning_rate": 0.1,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_TREES = 50


@dataclass(frozen=True, slots=True)
class ArmClassifier:
    """How well the arm can be told."""

    area: float
    """Area under the ROC curve, mean of the folds: 0.5 where the arms are alike."""
    p_value: float
    """One-sided: of an area this large where arms are alike."""
    rows: int
    telling: tuple[tuple[str, float], ...]
    """Features that tell the arm, with their share of the trees' gain, largest first."""
    propensity: Floats
    """Probability of treatment of each row looked at, from folds that it was not trained on: float64[rows]."""
    row: Ints
    """Places of these rows in the input, ascending: int64[rows]."""
    passed: bool
    verdict: str


def classify_arms(
    X: ArrayLike,
    treatment: ArrayLike,
    names: Sequence[str],
    *,
    weight: ArrayLike | None = None,
    seed: int = 0,
    alpha: float = ALPHA,
) -> ArmClassifier:
    """Predict the arm by LightGBM in five folds, each user once.

    Passes unless the area is above one half by more than 0.01 and by more than chance: one-sided at ``alpha``, with
    DeLong's variance, corrected for folds.

    Args:
        X: features, float[n, p]; NaN = missing.
        treatment: 0/1, [n].
        names: of the columns.
        weight: 1 / logged probability of the own arm, where that differs between users; their arm may then be told
            from what the assignment went by, but not after weighing (None: all equal).
        seed: of folds and trees.
        alpha: level of the test.

    Raises:
        ValueError: shapes differ, treatment is not 0/1, or an arm has fewer rows than there are folds.
    """
    from scipy.special import ndtr

    rng = np.random.default_rng(seed)
    row, matrix, arm, weights = _chosen_rows(X, treatment, weight, len(names), rng)
    fold = np.empty(row.size, dtype=np.int64)
    for value in (0.0, 1.0):
        members = np.flatnonzero(arm == value)
        fold[rng.permutation(members)] = np.arange(members.size) % FOLDS
    propensity, gain, parts = np.empty(row.size), np.zeros(len(names)), []
    for number in range(FOLDS):
        test = fold == number
        propensity[test], fold_gain = _fitted(matrix[~test], arm[~test], weights[~test], matrix[test], seed)
        gain += fold_gain
        parts.append(auc(arm[test], propensity[test], weights[test]))
    area = float(np.mean([part.area for part in parts]))
    # Folds share their training rows, so that their areas vary together: Nadeau and Bengio (2003) add the ratio of test
    # to training rows to the 1 / FOLDS of independent ones.
    within = float(np.mean([part.standard_error**2 for part in parts]))
    error = float(np.sqrt(within * (1 / FOLDS + 1 / (FOLDS - 1))))
    # Arms that are told apart without fault leave no error at all.
    p_value = float(ndtr(-(area - 0.5) / error)) if error > 0 else float(area <= 0.5)
    passed = p_value >= alpha or area <= 0.5 + NEGLIGIBLE
    share = gain / gain.sum() if gain.sum() > 0 else gain
    telling = tuple((names[i], float(share[i])) for i in np.argsort(-share, kind="stable")[:5] if share[i] > 0)
    return ArmClassifier(
        area=area,
        p_value=p_value,
        rows=row.size,
        telling=telling,
        propensity=np.clip(propensity, CLIP, 1 - CLIP),
        row=row,
        passed=passed,
        verdict=_in_words(area, p_value, telling, passed=passed),
    )


def _chosen_rows(
    X: ArrayLike, treatment: ArrayLike, weight: ArrayLike | None, columns: int, rng: np.random.Generator
) -> tuple[Ints, Floats, Floats, Floats]:
    """Places of the rows that are looked at, with their features, treatment and weight."""
    matrix, arm = np.asarray(X, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    weights = np.ones(arm.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != columns or not arm.shape == weights.shape == matrix.shape[:1]:
        raise ValueError(
            f"X must be [rows, names] with one treatment and weight a row, got {matrix.shape}, {columns} names, "
            f"{arm.shape} and {weights.shape}"
        )
    if not np.isin(arm, (0.0, 1.0)).all() or min((arm == 1).sum(), (arm == 0).sum()) < FOLDS:
        raise ValueError(f"treatment must be 0 or 1 with at least {FOLDS} rows of each")
    row = np.sort(rng.choice(arm.size, MAX_ROWS, replace=False)) if arm.size > MAX_ROWS else np.arange(arm.size)
    return row, matrix[row], arm[row], weights[row]


def _fitted(X: Floats, arm: Floats, weight: Floats, unseen: Floats, seed: int) -> tuple[Floats, Floats]:
    """Probabilities for rows that were not fitted, and the gain of each feature."""
    import lightgbm

    parameters = {**_PARAMETERS, "min_data_in_leaf": max(20, len(arm) // 100), "seed": seed}
    booster = lightgbm.train(parameters, lightgbm.Dataset(X, label=arm, weight=weight), num_boost_round=_TREES)
    return np.asarray(booster.predict(unseen, num_threads=1)), np.asarray(booster.feature_importance("gain"))


def _in_words(area: float, p_value: float, telling: tuple[tuple[str, float], ...], *, passed: bool) -> str:
    message = f"A classifier tells the arms apart with AUC {area:.3f} (p = {p_value:.1g})"
    if passed:
        return f"{message}: no better than a coin. Nothing known before the exposure tells the arm."
    names = ", ".join(f"{name} ({share:.0%})" for name, share in telling[:3])
    return (
        f"{message}, mostly by {names}. Where users are assigned at random nothing known before may tell the arm: "
        "these features were recorded after the exposure (leave them out) or the assignment went by them (log its "
        "propensities). Effects from these data are misled until then."
    )
