"""What the report says of the choice of learners, and of users in no order at all."""

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.uplift_selection import BLEND, Figure
from assets.uplift.report import reason_of, score_figures

FIGURES = (
    Figure(BLEND, (0.07, 0.07), 1.0),
    Figure("s", (0.05, 0.07), 0.25),
    Figure("t", (0.06, 0.07), 0.75),
    Figure("x", (0.0, 0.1), 0.0),
    Figure("response", (0.2, 0.2), 0.0),
)


def test_the_blend_beside_its_best_learner_by_hand() -> None:
    """Ahead of t by .01 and 0: a mean of .005 and a standard error of .005. Baselines and weights of 0 are left out."""
    assert reason_of(FIGURES) == (
        "Of 3 learners those of small errors are averaged: t 0.75, s 0.25. Together they reach a mean of 0.0700; "
        "t alone is the best with 0.0650, a difference of +0.0050 with a standard error of 0.0050."
    )


def test_random_is_what_chance_makes_of_these_users() -> None:
    """It has the measures of the others: about 0 in its band, everybody's effect at each depth; the model is beyond."""
    rng = np.random.default_rng(3)
    treatment, persuadable = rng.integers(0, 2, 4_000), rng.integers(0, 2, 4_000)
    outcome = treatment * persuadable
    held = pl.DataFrame({"outcome": outcome, "treatment": treatment, "revenue": 20.0 * outcome})
    scores = {"model": persuadable.astype(float), "response": rng.random(4_000)}
    figures = score_figures(held, scores, np.where(treatment == 1, 2.0, -2.0) * outcome)
    chance, model = figures["random"], figures["model"]
    assert figures["response"].keys() - chance.keys() == {"revenue_area"}
    assert chance["qini"]["lower"] < 0 < chance["qini"]["upper"] < model["qini"]["lower"]
    effect = outcome[treatment == 1].mean() - outcome[treatment == 0].mean()
    assert chance["uplift_at"] == {share: pytest.approx(effect, abs=1e-9) for share in ("10%", "30%", "50%")}
    assert chance["model_minus_this"]["estimate"] == pytest.approx(model["qini"]["estimate"])
