"""Balance of features: by hand, by scipy, and with as many features as there are chances to be wrong."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from evaluation.experiment.balance import balance, weighted_balance


def test_difference_by_hand() -> None:
    """Means 3 and 1, variances 1 and 1: two deviations."""
    result = balance([[2.0], [4.0], [0.0], [2.0]], [1, 1, 0, 0], ["visits"])
    (feature,) = result.features
    assert (feature.treated, feature.control, feature.difference) == (3, 1, 2)
    assert (feature.p_value, result.passed) == (1, True)


def test_p_value_is_that_of_mann_and_whitney() -> None:
    """One feature with ties; scipy's normal approximation without continuity correction."""
    rng = np.random.default_rng(0)
    values, arm = rng.poisson(1.0, 400).astype(float), rng.random(400) < 0.3
    expected = mannwhitneyu(values[arm], values[~arm], use_continuity=False, method="asymptotic").pvalue
    assert balance(values[:, None], arm, ["x"]).features[0].p_value == pytest.approx(expected, rel=1e-9)


def test_a_leaked_feature_is_caught_and_named() -> None:
    """Purchases after the exposure, of which the ad brings 2 points more, among 30 clean features."""
    rng = np.random.default_rng(1)
    arm = rng.random(50_000) < 0.5
    X = rng.lognormal(0, 2, (50_000, 31))
    X[:, 7] = rng.random(50_000) < 0.05 + 0.02 * arm
    result = balance(X, arm, [f"x{i}" for i in range(31)])
    assert result.odd == ("x7",)
    assert not result.passed
    assert "recorded after the exposure" in result.verdict


def test_missing_values_are_compared_too() -> None:
    """Known to all treated, to half of the control: the values agree, their absence does not."""
    rng = np.random.default_rng(2)
    arm = rng.random(4000) < 0.5
    column = np.where(~arm & (rng.random(4000) < 0.5), np.nan, rng.normal(size=4000))
    assert balance(column[:, None], arm, ["age"]).odd == ("age is missing",)


def test_what_does_not_vary_is_balanced() -> None:
    """A constant, a column of the arm itself, an empty column."""
    arm = np.repeat([0.0, 1.0], 100)
    X = np.column_stack([np.ones(200), arm, np.full(200, np.nan)])
    result = balance(X, arm, ["constant", "arm", "empty"])
    assert result.odd == ("arm",)
    assert {f.feature: f.difference for f in result.features} == {"constant": 0, "arm": np.inf, "empty is missing": 0}


def test_many_features_do_not_alarm_by_their_number() -> None:
    """100 clean experiments of 40 features with long tails, 10 % treated: at most one alarm."""
    rng = np.random.default_rng(3)
    failed = 0
    for _ in range(100):
        X = np.where(rng.random((600, 40)) < 0.6, 0.0, rng.lognormal(1, 2, (600, 40)))
        failed += not balance(X, rng.random(600) < 0.1, [str(i) for i in range(40)]).passed
    assert failed <= 1


def test_large_samples_leave_trifles_alone() -> None:
    """0.004 deviations at two million rows are proven and do not matter."""
    rng = np.random.default_rng(4)
    arm = np.arange(2_000_000) % 2
    result = balance((rng.normal(size=arm.size) + 0.006 * arm)[:, None], arm, ["x"])
    assert result.features[0].p_value < 1e-3
    assert result.passed


def test_weighing_repairs_an_observational_log() -> None:
    """The treated are those who visit more; weighed by the true propensity they are alike, by a wrong one not."""
    rng = np.random.default_rng(5)
    visits = rng.normal(size=20_000)
    chance = 1 / (1 + np.exp(-visits))
    arm = rng.random(20_000) < chance
    X = np.where(rng.random(20_000) < 0.1, np.nan, visits)[:, None]
    assert weighted_balance(X, arm, ["visits"], chance).passed
    wrong = weighted_balance(X, arm, ["visits"], np.full(20_000, 0.5))
    assert wrong.odd == ("visits",)
    assert "propensities miss" in wrong.verdict


def test_weighted_means_of_few_users_may_differ_by_chance() -> None:
    """200 clean trials of 60 treated of 600, whose ten means often differ by over 0.1 deviations: at most one alarm."""
    rng = np.random.default_rng(6)
    alarms, far = 0, 0
    for _ in range(200):
        X, chance = rng.normal(size=(600, 10)), rng.uniform(0.05, 0.15, 600)
        result = weighted_balance(X, rng.random(600) < chance, [str(i) for i in range(10)], chance)
        alarms += not result.passed
        far += abs(result.features[0].difference) > 0.1
    assert far > 150
    assert alarms <= 1


@pytest.mark.parametrize(
    ("X", "treatment", "message"),
    [
        ([[1.0, 2.0]], [1], "one column a name"),
        ([[1.0]], [1, 0], "one value a row"),
        ([[1.0], [2.0]], [1, 2], "0 or 1"),
        ([[1.0], [2.0]], [1, 1], "have both"),
    ],
)
def test_broken_input_is_named(X: list[list[float]], treatment: list[int], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        balance(X, treatment, ["x"])


def test_a_propensity_of_one_is_named() -> None:
    """It would weigh infinitely."""
    with pytest.raises(ValueError, match="strictly between"):
        weighted_balance([[1.0], [2.0]], [1, 0], ["x"], [1.0, 0.5])
