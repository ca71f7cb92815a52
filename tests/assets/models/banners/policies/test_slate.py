"""Drawing: what is drawn has the propensities that are logged, for every policy and every position."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from assets.models.banners.policies.epsilon_greedy import EpsilonGreedy
from assets.models.banners.policies.lin_ts import LinTS
from assets.models.banners.policies.lin_ucb import LinUCB
from assets.models.banners.policies.policy import Policy, WithUniformShare
from assets.models.banners.policies.ridge import RidgeArms
from assets.models.banners.policies.slate import draw_slates
from assets.models.banners.policies.thompson import Thompson
from assets.models.banners.policies.uniform import Uniform
from evaluation.arrays import Floats

ARMS, D, CONTEXTS, EACH = 10, 5, 50, 2_000
LEVEL = 1e-3


def policies() -> list[Policy]:
    """Each as served, with a share that stays uniform."""
    rng = np.random.default_rng(0)
    arm, features = rng.integers(0, ARMS, 2_000), rng.normal(size=(2_000, D))
    reward = (rng.random(2_000) < 0.1 + 0.05 * arm / ARMS).astype(np.float64)
    regressions = RidgeArms.fit(arm, features, reward, ARMS)
    won, lost = 1 + rng.integers(0, 30, ARMS), 100 + rng.integers(0, 30, ARMS)
    alone: list[Policy] = [
        Uniform(ARMS),
        EpsilonGreedy(won / lost, 0.1),
        Thompson(won.astype(np.float64), lost.astype(np.float64)),
        LinUCB(regressions, 0.5),
        LinTS(regressions, 0.3),
    ]
    return [WithUniformShare(policy, 0.05) for policy in alone]


@pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.name)
def test_a_hundred_thousand_selections_have_the_logged_propensities(policy: Policy) -> None:
    """χ² of the arms drawn in 50 contexts, 2,000 times each, against the propensities that the log has of them."""
    rng = np.random.default_rng(1)
    statistic, freedom = 0.0, 0
    for features in rng.normal(size=(CONTEXTS, D)):
        drawn, propensity = draw_slates(policy.odds(features, rng), 1, rng, EACH)
        logged = np.zeros(ARMS)
        logged[drawn[:, 0]] = propensity[:, 0]
        assert logged.sum() == pytest.approx(1, abs=1e-12)
        assert logged.min() >= 0.05 / ARMS
        statistic += _chi_square(drawn[:, 0], logged)
        freedom += ARMS - 1
    assert stats.chi2.sf(statistic, freedom) > LEVEL


def test_the_test_sees_a_wrong_propensity() -> None:
    """Propensities that are off by one part in twenty are found out by as many selections."""
    rng, odds = np.random.default_rng(2), np.array([0.5, 0.3, 0.2])
    drawn, _ = draw_slates(odds, 1, rng, 100_000)
    told = odds * [1.05, 1.0, 1.0]
    assert stats.chi2.sf(_chi_square(drawn[:, 0], odds), 2) > LEVEL
    assert stats.chi2.sf(_chi_square(drawn[:, 0], told / told.sum()), 2) < 1e-6


def test_slates_have_the_probabilities_of_drawing_one_by_one() -> None:
    """All 24 orders of three of four arms, each as often as the product of its propensities says."""
    odds = np.array([0.4, 0.3, 0.2, 0.1])
    drawn, propensity = draw_slates(odds, 3, np.random.default_rng(3), 100_000)
    orders = list(permutations(range(4), 3))
    exact = np.array([odds[a] * odds[b] / (1 - odds[a]) * odds[c] / (1 - odds[a] - odds[b]) for a, b, c in orders])
    which = np.array([orders.index(tuple(row)) for row in drawn.tolist()])
    np.testing.assert_allclose(propensity.prod(axis=1), exact[which], rtol=1e-12)
    assert stats.chi2.sf(_chi_square(which, exact), len(orders) - 1) > LEVEL


def test_no_arm_comes_twice_and_an_impossible_one_never() -> None:
    """Two arms can be drawn, four are wanted: both, the last for certain."""
    drawn, propensity = draw_slates(np.array([0.0, 0.7, 0.3, 0.0]), 4, np.random.default_rng(4), 1_000)
    assert drawn.shape == (1_000, 2)
    assert {tuple(row) for row in drawn.tolist()} == {(1, 2), (2, 1)}
    np.testing.assert_allclose(propensity[:, 0], np.where(drawn[:, 0] == 1, 0.7, 0.3), rtol=1e-15)
    np.testing.assert_allclose(propensity[:, 1], 1.0, rtol=1e-15)


def test_a_seed_fixes_the_draw() -> None:
    """The same seed draws the same slates."""
    odds = np.full(10, 0.1)
    one, other = (draw_slates(odds, 3, np.random.default_rng(5), 20)[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_nothing_to_draw_is_refused() -> None:
    """No arm, or no position."""
    for odds, count in ((np.zeros(3), 1), (np.empty(0), 1), (np.ones(1), 0)):
        with pytest.raises(ValueError, match="at least 1"):
            draw_slates(odds, count, np.random.default_rng(0))


def _chi_square(drawn: np.ndarray, expected: Floats) -> float:
    counts = np.bincount(drawn, minlength=expected.size)
    of = expected * drawn.size
    return float(((counts - of) ** 2 / of).sum())
