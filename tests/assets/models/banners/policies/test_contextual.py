"""Regressions by arm, LinUCB and LinTS: against plain solves, the papers' formulas and draws of whole coefficients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.banners.policies.lin_ts import LinTS
from assets.models.banners.policies.lin_ucb import LinUCB
from assets.models.banners.policies.rand_ucb import RandUCB
from assets.models.banners.policies.ridge import RidgeArms, rank_one_update
from evaluation.arrays import Floats, Ints

ARMS, D, RIDGE = 4, 6, 0.5


def rows(seed: int, m: int = 300) -> tuple[Ints, Floats, Floats]:
    """Arms, features and rewards of m impressions; the last arm is never shown."""
    rng = np.random.default_rng(seed)
    arm, features = rng.integers(0, ARMS - 1, m), rng.normal(size=(m, D))
    return arm, features, (rng.random(m) < 1 / (1 + np.exp(-features[:, 0] * (arm - 1)))).astype(np.float64)


def solved(arm: Ints, features: Floats, reward: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Coefficients and A of each arm by a plain solve."""
    gram, moment = [RIDGE * np.eye(D) for _ in range(ARMS)], [np.zeros(D) for _ in range(ARMS)]
    for i, x, r, w in zip(arm.tolist(), features, reward, weight, strict=True):
        gram[i] += w * np.outer(x, x)
        moment[i] += w * r * x
    return np.stack([np.linalg.solve(a, b) for a, b in zip(gram, moment, strict=True)]), np.stack(gram)


def test_row_by_row_equals_a_plain_solve() -> None:
    """300 updates of Cholesky factors, the fit of all rows, and np.linalg.solve agree to 1e-9."""
    arm, features, reward = rows(0)
    one_by_one = RidgeArms.empty(ARMS, D, RIDGE)
    for i, x, r in zip(arm.tolist(), features, reward.tolist(), strict=True):
        one_by_one.update(i, x, r)
    coefficients, gram = solved(arm, features, reward, np.ones(arm.size))
    at_once = RidgeArms.fit(arm, features, reward, ARMS, ridge=RIDGE)
    for model in (one_by_one, at_once):
        np.testing.assert_allclose(model.coefficients, coefficients, rtol=0, atol=1e-9)
        np.testing.assert_allclose(model.gram, gram, rtol=1e-9, atol=1e-9)
        x = features[0]
        mean, width = model.mean_and_width(x)
        np.testing.assert_allclose(mean, coefficients @ x, rtol=0, atol=1e-9)
        np.testing.assert_allclose(width, [np.sqrt(x @ np.linalg.solve(a, x)) for a in gram], rtol=1e-9)
        some = model.mean_and_width(x, np.array([3, 1]))
        np.testing.assert_allclose(some, [mean[[3, 1]], width[[3, 1]]], rtol=1e-12)
    assert (at_once.arms, at_once.d) == (ARMS, D)


def test_rows_have_weights() -> None:
    """The fit of weighted rows is the weighted least squares'; what A and b hold can be put down and taken up."""
    arm, features, reward = rows(1)
    weight = np.random.default_rng(2).random(arm.size)
    model = RidgeArms.fit(arm, features, reward, ARMS, weight=weight, ridge=RIDGE)
    np.testing.assert_allclose(model.coefficients, solved(arm, features, reward, weight)[0], rtol=0, atol=1e-9)
    again = RidgeArms(model.gram, model.moment)
    np.testing.assert_allclose(again.coefficients, model.coefficients, rtol=0, atol=1e-12)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_the_factor_of_a_sum(seed: int, d: int) -> None:
    """A rank-one update gives the Cholesky factor of A + xxᵀ, which is unique."""
    rng = np.random.default_rng(seed)
    root, x = rng.normal(size=(d, d)), rng.normal(size=d) * 10 ** rng.uniform(-3, 3)
    gram = root @ root.T + np.eye(d)
    factor = np.linalg.cholesky(gram)
    rank_one_update(factor, x)
    np.testing.assert_allclose(factor, np.linalg.cholesky(gram + np.outer(x, x)), rtol=1e-9, atol=1e-9)


def test_lin_ucb_is_the_papers() -> None:
    """All on argmax xᵀθ + α√(xᵀA⁻¹x): α decides, arms nobody knows share, and only those that may be shown count."""
    arm, features, reward = rows(3)
    model = RidgeArms.fit(arm, features, reward, ARMS, ridge=RIDGE)
    coefficients, gram = solved(arm, features, reward, np.ones(arm.size))
    rng, chosen = np.random.default_rng(0), set()
    for x in features[:50]:
        for alpha in (0.0, 0.3, 3.0):
            score = [
                x @ t + alpha * np.sqrt(x @ np.linalg.solve(a, x)) for t, a in zip(coefficients, gram, strict=True)
            ]
            odds = LinUCB(model, alpha).odds(x, rng)
            assert odds.tolist() == np.eye(ARMS)[int(np.argmax(score))].tolist()
            chosen.add((alpha, int(np.argmax(score))))
            some = LinUCB(model, alpha).odds(x, rng, np.array([0, 2]))
            assert some.tolist() == np.eye(2)[int(score[2] > score[0])].tolist()
    # The arm that was never shown is what exploration turns to.
    assert (3.0, 3) in chosen
    assert len({i for a, i in chosen if a == 0.0}) >= 2
    assert LinUCB(RidgeArms.empty(3, 2)).odds(np.ones(2), rng).tolist() == [1 / 3] * 3


def test_lin_ts_is_the_share_of_draws_of_whole_coefficients() -> None:
    """θ drawn of N(A⁻¹b, v²A⁻¹) 100,000 times, the best xᵀθ counted: the same probabilities within five errors."""
    arm, features, reward = rows(4, 40)
    model = RidgeArms.fit(arm, features, reward, ARMS, ridge=RIDGE)
    coefficients, gram = solved(arm, features, reward, np.ones(arm.size))
    rng, scale, draws = np.random.default_rng(5), 0.3, 100_000
    policy = LinTS(model, scale, draws=draws)
    for x in features[:3]:
        theta = [
            rng.multivariate_normal(t, scale**2 * np.linalg.inv(a), draws)
            for t, a in zip(coefficients, gram, strict=True)
        ]
        share = np.bincount(np.argmax([t @ x for t in theta], axis=0), minlength=ARMS) / draws
        odds = policy.odds(x, rng)
        assert (np.abs(odds - share) < 5 * np.sqrt(2 * 0.25 / draws)).all()
        assert share.max() < 0.99


def test_few_draws_on_average_give_the_same() -> None:
    """The mean of 2,000 answers of 64 draws is that of one answer of many: the kept numbers favour no arm."""
    arm, features, reward = rows(6, 40)
    model = RidgeArms.fit(arm, features, reward, ARMS, ridge=RIDGE)
    rng, x = np.random.default_rng(7), features[0]
    many = LinTS(model, 0.5, draws=200_000).odds(x, rng)
    few = np.mean([LinTS(model, 0.5, draws=64).odds(x, rng) for _ in range(2_000)], axis=0)
    np.testing.assert_allclose(few, many, atol=0.01)


def test_rand_ucb_is_the_share_of_draws_of_its_width() -> None:
    """One z of 200,000 for all arms, argmax xᵀθ + v|z|√(xᵀA⁻¹x) counted: the same within five errors, and no noise."""
    arm, features, reward = rows(4, 40)
    model = RidgeArms.fit(arm, features, reward, ARMS, ridge=RIDGE)
    coefficients, gram = solved(arm, features, reward, np.ones(arm.size))
    rng, scale, draws = np.random.default_rng(5), 0.3, 200_000
    z, mixed = np.abs(rng.standard_normal(draws)), 0
    for x in features:
        mean = coefficients @ x
        width = np.array([np.sqrt(x @ np.linalg.solve(a, x)) for a in gram])
        share = np.bincount((mean + scale * np.outer(z, width)).argmax(axis=1), minlength=ARMS) / draws
        odds = RandUCB(model, scale).odds(x, rng)
        np.testing.assert_allclose(odds, share, atol=5 * np.sqrt(0.25 / draws))
        mixed += int(0 < odds.max() < 0.99)
        some = RandUCB(model, scale).odds(x, rng, np.array([0, 2]))
        by_hand = (mean + scale * np.outer(z, width))[:, [0, 2]].argmax(axis=1)
        np.testing.assert_allclose(some[1], by_hand.mean(), atol=5 * np.sqrt(0.25 / draws))
    assert mixed >= 10


def test_rand_ucb_before_any_row() -> None:
    """Nobody knows anything: equal shares."""
    assert RandUCB(RidgeArms.empty(4, 2)).odds(np.ones(2), np.random.default_rng(0)).tolist() == [0.25] * 4


def test_a_seed_fixes_what_is_answered() -> None:
    """The same state, features and seed: the same probabilities to the last bit; another seed gives others."""
    arm, features, reward = rows(8)
    answers = [
        LinTS(RidgeArms.fit(arm, features, reward, ARMS)).odds(features[0], np.random.default_rng(seed)).tolist()
        for seed in (1, 1, 2)
    ]
    assert answers[0] == answers[1] != answers[2]


def test_refusals() -> None:
    """Features of another length, shapes that do not fit and an A without a factor are refused."""
    with pytest.raises(ValueError, match=r"features are \[2\].*fitted on \[3\]"):
        RidgeArms.empty(2, 3).mean_and_width(np.ones(2))
    with pytest.raises(ValueError, match="give"):
        RidgeArms(np.ones((2, 3, 3)), np.ones((3, 3)))
    with pytest.raises(ValueError, match="positive definite"):
        RidgeArms(-np.eye(2)[None], np.ones((1, 2)))
