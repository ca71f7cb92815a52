"""Two e-mails against none: each arm's effect, and never one arm against the other."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.uplift.learners.arm_learner import ArmLearner


@pytest.fixture(scope="module")
def trial() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X, arm, outcome and true effects: of "men" where column 0 is positive, of "women" more where column 1 is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30_000, 3))
    arm = rng.choice(["women", "none", "men"], len(X), p=[0.25, 0.5, 0.25])
    effect = np.column_stack([0.2 * (X[:, 0] > 0), 0.1 + 0.15 * (X[:, 1] > 0)])
    chance = 0.2 + effect[:, 0] * (arm == "men") + effect[:, 1] * (arm == "women")
    return X, arm, (rng.random(len(X)) < chance).astype(float), effect


def test_finds_each_effect_and_survives_its_files(trial, tmp_path: Path) -> None:  # noqa: ANN001  (a fixture's type)
    """A column an arm in the order of names; probabilities; JSON and LightGBM text give the same answers."""
    X, arm, outcome, effect = trial
    learner = ArmLearner.fit(X, arm, outcome, control="none")
    assert learner.arms == ("men", "women")
    effects = learner.predict(X)
    assert np.sqrt(np.mean((effects.uplift - effect) ** 2)) < 0.04
    np.testing.assert_allclose(effects.uplift.mean(axis=0), effect.mean(axis=0), atol=0.02)
    assert effects.p_treated.min() >= 0
    np.testing.assert_allclose(effects.uplift, effects.p_treated - effects.p_control[:, None])
    learner.save(tmp_path)
    np.testing.assert_allclose(ArmLearner.load(tmp_path).predict(X).uplift, effects.uplift, atol=1e-12)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".txt"}


def test_known_propensities_undo_a_skewed_assignment(trial) -> None:  # noqa: ANN001  (a fixture's type)
    """Arms dealt out by a column that also decides the outcome: the average effects stay right."""
    X, _, _, effect = trial
    rng = np.random.default_rng(1)
    towards = 1 / (1 + np.exp(-X[:, 2]))
    propensity = np.column_stack([0.5 * np.ones(len(X)), 0.5 * towards, 0.5 * (1 - towards)])
    number = (rng.random(len(X))[:, None] > np.cumsum(propensity, axis=1)).sum(axis=1)
    arm = np.array(["none", "men", "women"])[number]
    chance = 0.3 + 0.2 * (X[:, 2] > 0) + effect[:, 0] * (arm == "men") + effect[:, 1] * (arm == "women")
    outcome = (rng.random(len(X)) < chance).astype(float)
    learner = ArmLearner.fit(X, arm, outcome, control="none", propensity=propensity[np.arange(len(X)), number])
    np.testing.assert_allclose(learner.predict(X).uplift.mean(axis=0), effect.mean(axis=0), atol=0.025)


def test_a_weight_counts_rows(trial) -> None:  # noqa: ANN001  (a fixture's type)
    """Rows of weight 0 tell nothing: planted wrong outcomes among them leave the effects as they were."""
    X, arm, outcome, effect = trial
    weight = np.where(np.arange(len(X)) % 3 == 0, 0.0, 2.0)
    spoilt = np.where(weight > 0, outcome, (arm != "men").astype(float))
    learner = ArmLearner.fit(X, arm, spoilt, control="none", weight=weight)
    np.testing.assert_allclose(learner.predict(X).uplift.mean(axis=0), effect.mean(axis=0), atol=0.02)


@pytest.mark.parametrize(
    ("arm", "outcome", "options", "message"),
    [
        (["a", "a"], [0.0, 1.0], {}, "rows of the control"),
        (["none", "a"], [0.0], {}, "must be equal"),
        (["none", "none", "a"], [0.0, 1.0, 1.0], {}, "one outcome only"),
        (["none", "a"], [0.0, 2.0], {}, "0 or 1"),
        (["none", "none", "a", "a"], [0.0, 1, 0, 1], {"propensity": np.ones(3)}, "must be equal"),
        (["none", "none", "a", "a"], [0.0, 1, 0, 1], {"propensity": np.full(4, np.nan)}, "known in every row"),
        (["none", "none", "a", "a"], [0.0, 1, 0, 1], {"weight": np.array([1.0, 1, 0, 1])}, "one outcome only"),
    ],
)
def test_broken_input_is_named(arm: list, outcome: list, options: dict, message: str) -> None:
    """Each rule of the input."""
    with pytest.raises(ValueError, match=message):
        ArmLearner.fit(np.zeros((len(arm), 1)), np.array(arm), np.array(outcome), control="none", **options)
