"""Trials in which about one user in a hundred buys, with seven numeric columns: codes, heavy tails, weak effects."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.uplift_model import UpliftModel

Trial = tuple[np.ndarray, np.ndarray, np.ndarray]
"""X float64[n, 7], purchase probability without the ad, effect."""


def logistic(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def columns(rng: np.random.Generator, n: int) -> np.ndarray:
    """Four codes, one normal column, two with heavy tails."""
    return np.column_stack(
        [
            rng.choice([0.0, 1, 2, 3], n, p=[0.12, 0.38, 0.38, 0.12]),
            rng.normal(30, 5, n),
            20 * rng.exponential(1, n) ** 2,
            rng.choice([1.0, 2], n, p=[0.32, 0.68]),
            rng.choice([1.0, 2, 3, 4], n, p=[0.18, 0.37, 0.39, 0.06]),
            rng.choice([1.0, 2, 3, 4], n),
            rng.lognormal(3, 1.5, n),
        ]
    )


def codes(rng: np.random.Generator, n: int) -> Trial:
    """The effect depends on two codes together, and not in their order."""
    X = columns(rng, n)
    p_control = 0.007 * np.exp(0.02 * (X[:, 1] - 30))
    return X, p_control, 0.016 * ((X[:, 3] == 2) & np.isin(X[:, 4], (1, 3))) + 0.004 * (X[:, 4] == 2)


def tails(rng: np.random.Generator, n: int) -> Trial:
    """The effect follows the order of magnitude of a column with a heavy tail."""
    X = columns(rng, n)
    p_control = logistic(-5 + 0.33 * (np.log1p(X[:, 6]) - 3) + 0.06 * (X[:, 1] - 30))
    effect = 0.010 * logistic(2 * (np.log1p(X[:, 2]) - 2.3)) - 0.004 * (X[:, 0] == 0)
    return X, p_control, np.maximum(effect, -p_control)


def opposed(rng: np.random.Generator, n: int) -> Trial:
    """Likely buyers are moved least, so that targeting by response is worse than random."""
    X = columns(rng, n)
    p_control = logistic(-4.8 + 0.18 * (X[:, 1] - 30) + 0.3 * (np.log1p(X[:, 6]) - 3))
    return X, p_control, 0.008 * logistic(-0.4 * (X[:, 1] - 30)) + 0.003 * (X[:, 3] == 2)


def weak(rng: np.random.Generator, n: int) -> Trial:
    """An average effect of .002 that varies little."""
    X = columns(rng, n)
    p_control = logistic(-4.8 + 0.1 * (X[:, 1] - 30))
    effect = 0.002 * (1 + 0.8 * (np.log1p(X[:, 2]) - 2.3) / 1.2)
    return X, p_control, np.maximum(effect, -p_control)


def trial_frame(X: np.ndarray, treatment: np.ndarray, outcome: np.ndarray) -> pl.DataFrame:
    """Uplift frame without behaviour columns or logged propensities, as of a shop that brings an old trial."""
    values = pl.DataFrame(X, schema=[f"v{number}" for number in range(1, 8)], orient="row")
    return values.select(
        pl.format("u{}", pl.int_range(pl.len())).alias("user_id"),
        pl.Series("treatment", treatment.astype(np.int8)),
        pl.Series("outcome", outcome.astype(np.int8)),
        pl.concat_list(
            pl.struct(pl.lit(name).alias("name"), pl.col(name).alias("value")) for name in values.columns
        ).alias("numeric"),
    )


def gain(score: np.ndarray, effect: np.ndarray) -> float:
    """Mean true gain over all depths of targeting by a score, above targeting at random."""
    ranked = effect[np.argsort(-score, kind="stable")]
    return float(np.mean(np.cumsum(ranked) - effect.mean() * np.arange(1, effect.size + 1)))


@pytest.mark.slow
@pytest.mark.parametrize("simulated", [codes, tails, opposed, weak])
def test_chosen_model_beats_response_targeting(simulated: Callable[[np.random.Generator, int], Trial]) -> None:
    """On 60,000 users: more true gain than the response model, and a good part of what can be had."""
    rng = np.random.default_rng(0)
    X, p_control, effect = simulated(rng, 60_000)
    treatment = (rng.random(len(X)) < 0.5).astype(float)
    outcome = (rng.random(len(X)) < p_control + effect * treatment).astype(float)
    model = UpliftModel.fit(trial_frame(X, treatment, outcome), features=(), replicas=0, holdout=False)
    X, _, effect = simulated(rng, 40_000)
    fresh = trial_frame(X, np.zeros(len(X)), np.zeros(len(X)))
    best = gain(effect, effect)
    chosen, response = (
        gain(score, effect) / best for score in (model.score(fresh)["uplift"].to_numpy(), model.response(fresh))
    )
    assert chosen > response + 0.03
    assert chosen > 0.3
