"""Column preparation by hand and the regression against scikit-learn."""

import json

import numpy as np

from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.logit import MAX_Z, Columns, Logit, logistic
from assets.models.uplift.learners.logit_learners import SLogit
from evaluation.arrays import Floats


def test_preparation_by_hand() -> None:
    """Mean 2, sd 1 of what is seen; missing is 0 with a flag; what is further out counts as the last seen."""
    columns = Columns.fit(np.array([[1.0], [3.0], [np.nan]]))
    np.testing.assert_allclose(columns.prepare(np.array([[1.0], [np.nan], [99.0]])), [[-1, 0], [0, 1], [1, 0]])


def test_a_rare_event_does_not_outweigh_all_else() -> None:
    """A flag of one user in a thousand is 31.6 deviations from the mean, and is cut."""
    columns = Columns.fit((np.arange(1000) == 0).astype(np.float64)[:, None])
    assert columns.prepare(np.array([[1.0]])).tolist() == [[MAX_Z]]


def test_skewed_columns_enter_as_logs_but_flags_do_not() -> None:
    """Money is logged; a rare 0/1 column, skewed too, and a negative one are not."""
    rng = np.random.default_rng(0)
    money, rare, signed = rng.lognormal(3, 2, 1000), rng.random(1000) < 0.02, -rng.lognormal(3, 2, 1000)
    columns = Columns.fit(np.column_stack([money, rare, signed]))
    assert columns.logged.tolist() == [True, False, False]
    assert np.isfinite(columns.prepare(np.array([[-5.0, 0.0, 0.0]]))).all()


def test_all_missing_and_constant_columns_are_harmless() -> None:
    """They become zeros."""
    X = np.array([[np.nan, 7.0], [np.nan, 7.0]])
    np.testing.assert_array_equal(Columns.fit(X).prepare(X), np.zeros((2, 2)))


def test_predicts_as_scikit_learn_and_survives_json() -> None:
    """Numpy's probabilities are those of the fitted model; a weight of 2 is two rows; weight 0 is none."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    Z = rng.normal(size=(300, 3))
    y = (rng.random(300) < 1 / (1 + np.exp(-Z[:, 0]))).astype(float)
    weight = rng.integers(0, 3, 300).astype(float)
    model = Logit.fit(Z, y, weight, C=0.1)
    repeated = np.repeat(np.arange(300), weight.astype(int))
    oracle = LogisticRegression(C=0.1, tol=1e-8, max_iter=1000).fit(Z[repeated], y[repeated])
    np.testing.assert_allclose(logistic(model.log_odds(Z)), oracle.predict_proba(Z)[:, 1], atol=1e-4)
    again = Logit.from_json(json.loads(json.dumps(model.to_json())))
    np.testing.assert_array_equal(logistic(again.log_odds(Z)), logistic(model.log_odds(Z)))
    columns = Columns.fit(Z)
    again_columns = Columns.from_json(json.loads(json.dumps(columns.to_json())))
    np.testing.assert_array_equal(again_columns.prepare(Z), columns.prepare(Z))


def test_no_overflow() -> None:
    """Far out the probabilities are 0 and 1."""
    assert logistic(Logit(0.0, np.array([1000.0])).log_odds(np.array([[-5.0], [5.0]]))).tolist() == [0.0, 1.0]


def test_absurd_ages_cost_the_effects_next_to_nothing() -> None:
    """One age in a hundred is 999, or one of all is 1e12: errors of the effects of users whose age is right."""
    rng = np.random.default_rng(5)
    ages, other = rng.integers(18, 91, 20_000).astype(np.float64), rng.normal(size=20_000)
    treatment = rng.integers(0, 2, 20_000).astype(np.float64)
    z = (ages - 54) / 21

    def chances(arm: Floats | float) -> Floats:
        return logistic(-1.5 + 0.5 * other + arm * (0.3 + 0.4 * z))

    outcome = (rng.random(20_000) < chances(treatment)).astype(np.float64)
    effect, clean = chances(1.0) - chances(0.0), np.column_stack([ages, other])

    def error(X: Floats) -> float:
        learner = SLogit.fit(TrialSample.of(X, treatment, outcome, None))
        return float(np.sqrt(np.mean((learner.predict(clean).uplift - effect) ** 2)))

    sentinels, typo = clean.copy(), clean.copy()
    sentinels[rng.random(20_000) < 0.01, 0] = 999.0
    typo[7, 0] = 1e12
    at_best = error(clean)
    assert error(sentinels) < 1.1 * at_best
    assert error(typo) < 1.01 * at_best
