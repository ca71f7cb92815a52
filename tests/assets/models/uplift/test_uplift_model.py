"""The chosen model against the truth of a simulated trial, its intervals, and its files."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.learners.uplift_learners import CANDIDATES
from assets.models.uplift.uplift_model import UpliftModel, _turns
from resources.tables import USER_FEATURES


@pytest.fixture(scope="module")
def model(trial) -> UpliftModel:  # noqa: ANN001  (a fixture's type lives in conftest, which cannot be imported)
    """Fitted with all candidates and few replicas."""
    return UpliftModel.fit(trial.frame, features=USER_FEATURES, replicas=8)


def gain_at_30_percent(score: np.ndarray, effect: np.ndarray) -> float:
    """True mean effect among the 30 % of the highest scores."""
    return float(effect[np.argsort(-score, kind="stable")[: int(0.3 * score.size)]].mean())


def test_beats_response_targeting_and_random_by_the_truth(model: UpliftModel, trial) -> None:  # noqa: ANN001
    """On users never trained on: rank correlation with the true effect, and the true gain at 30 %."""
    from scipy.stats import spearmanr

    held = is_holdout(trial.frame["user_id"])
    frame, effect = trial.frame.filter(pl.Series(held)), trial.effect[held]
    scores = {
        "uplift": model.score(frame)["uplift"].to_numpy(),
        "response": model.response(frame),
        "random": np.random.default_rng(0).random(frame.height),
    }
    ranks = {name: spearmanr(score, effect).statistic for name, score in scores.items()}
    gains = {name: gain_at_30_percent(score, effect) for name, score in scores.items()}
    assert ranks["uplift"] > max(ranks["response"], ranks["random"]) + 0.3
    assert gains["uplift"] > max(gains["response"], gains["random"]) + 0.03
    assert model.trained_rows == trial.frame.height - held.sum()


def test_figures_say_what_the_blend_is_worth(model: UpliftModel) -> None:
    """The blend is above both baselines and near the best learner; its weights are those of the figures."""
    means = {figure.name: figure.mean for figure in model.figures}
    assert set(means) == {"blend", *CANDIDATES, "response", "random"}
    assert means["blend"] > max(means["response"], means["random"])
    assert means["blend"] > max(means[name] for name in CANDIDATES) - 0.02
    weights = {figure.name: figure.weight for figure in model.figures if figure.name in CANDIDATES and figure.weight}
    assert model.learner.shares == weights
    heaviest = max(weights, key=lambda name: weights[name])
    assert model.chosen.startswith(f"{heaviest} {weights[heaviest]:.2f}")


def test_replicas_take_turns_by_the_weights() -> None:
    """Ten turns for .61, .3 and .09; every learner of an even share has one."""
    assert _turns({"a": 0.61, "b": 0.3, "c": 0.09}, 10) == ["a"] * 6 + ["b"] * 3 + ["c"]
    assert _turns({"a": 0.5, "b": 0.5}, 2) == ["a", "b"]
    assert _turns({"a": 1.0}, 0) == []


def test_intervals_hold_the_truth_for_most_users(model: UpliftModel, trial) -> None:  # noqa: ANN001
    """On one trial 95 % need not be reached, and an interval of everything would hold the truth as well."""
    scores = model.score(trial.frame)
    assert (scores["lower"] <= scores["uplift"]).all()
    assert (scores["uplift"] <= scores["upper"]).all()
    inside = (scores["lower"].to_numpy() <= trial.effect) & (trial.effect <= scores["upper"].to_numpy())
    assert inside.mean() > 0.8
    assert (scores["upper"] - scores["lower"]).mean() < 4 * trial.effect.std()
    assert scores.columns == ["user_id", "uplift", "lower", "upper", "p_control", "p_treated"]
    assert scores["user_id"].equals(trial.frame["user_id"])


def test_files_give_the_same_answers(model: UpliftModel, trial, tmp_path: Path) -> None:  # noqa: ANN001
    """Saved and loaded; only JSON and LightGBM text."""
    model.save(tmp_path)
    loaded = UpliftModel.load(tmp_path)
    part = trial.frame.head(500)
    for column in ("uplift", "lower", "upper", "p_control", "p_treated"):
        np.testing.assert_allclose(loaded.score(part)[column], model.score(part)[column], atol=1e-12)
    np.testing.assert_allclose(loaded.response(part), model.response(part), atol=1e-12)
    assert (loaded.figures, loaded.base_rate, loaded.chosen) == (model.figures, model.base_rate, model.chosen)
    assert (loaded.recalibration, loaded.calibration) == (model.recalibration, model.calibration)
    assert loaded.propensity == model.propensity
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} <= {".json", ".txt"}


def test_row_order_does_not_matter(trial) -> None:  # noqa: ANN001  (a fixture's type lives in conftest)
    """The same users in another order give the same model; so does a second fit."""
    part = trial.frame.head(3000)
    options = {"features": USER_FEATURES, "replicas": 2, "candidates": ("t_logit", "t_trees")}
    one, two = (UpliftModel.fit(frame, **options) for frame in (part, part.sample(fraction=1, shuffle=True, seed=1)))
    assert one.figures == two.figures
    assert one.score(part).equals(two.score(part))


def test_several_exposures_of_a_user_and_no_holdout(trial) -> None:  # noqa: ANN001  (a fixture's type)
    """Rows of one user are allowed; without a holdout all rows are trained on."""
    twice = trial.frame.head(3000).with_columns(pl.format("u{}", pl.int_range(pl.len()) // 2).alias("user_id"))
    model = UpliftModel.fit(twice, features=USER_FEATURES, replicas=0, candidates=("t_logit",), holdout=False)
    assert model.trained_rows == 3000
    scores = model.score(twice)
    assert scores["lower"].equals(scores["uplift"])


def test_missing_columns_are_named(trial) -> None:  # noqa: ANN001  (a fixture's type lives in conftest)
    """Which column the frame lacks."""
    with pytest.raises(ValueError, match="lacks treatment"):
        UpliftModel.fit(trial.frame.drop("treatment"), features=USER_FEATURES)
