"""Banner priors and Thompson's odds: by hand, against integration, and invariants."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.banners.bandit import MAX_NEW_STRENGTH, MAX_STRENGTH, BannerPriors
from assets.models.banners.policies.thompson import thompson_distribution
from assets.models.banners.terms import Terms


def logs(counts: dict[tuple[str, str], tuple[int, int]]) -> tuple[list[str], list[str], np.ndarray]:
    """Rows of (slot, banner) with so many impressions and clicks."""
    rows = [(s, b, float(i < clicks)) for (s, b), (n, clicks) in counts.items() for i in range(n)]
    return [r[0] for r in rows], [r[1] for r in rows], np.array([r[2] for r in rows])


def test_one_banner_by_hand() -> None:
    """A single banner of 9 impressions and 4 clicks: mean 4.5/10, strength 2, plus its counts."""
    alpha, beta = BannerPriors.fit(*logs({("top", "x"): (9, 4)})).prior("top")
    np.testing.assert_allclose(alpha, [0.45 * 2 + 4])
    np.testing.assert_allclose(beta, [0.55 * 2 + 5])


def test_few_impressions_shrink_more() -> None:
    """Banner c had one lucky click; its mean lies between the slot's and its own, near the slot's."""
    counts = {("top", "a"): (4_000, 40), ("top", "b"): (4_000, 80), ("top", "c"): (1, 1), ("side", "z"): (5, 0)}
    priors = BannerPriors.fit(*logs(counts))
    assert priors.slots() == ["side", "top"]
    assert priors.arms("top") == ["a", "b", "c"]
    alpha, beta = priors.prior("top")
    mean = alpha / (alpha + beta)
    assert mean[0] < mean[1] < 0.1
    assert 121 / 8001 < mean[2] < 0.1
    np.testing.assert_allclose((alpha + beta)[:2], MAX_STRENGTH)
    np.testing.assert_allclose(mean[:2], [0.01, 0.02], rtol=0.2)
    assert (BannerPriors.fit(*logs({("s", "a"): (50, 0)})).prior("s")[0] > 0).all()


def test_banners_that_do_not_differ_share_the_mean() -> None:
    """Equal click rates: the slot's prior is as strong as it may be."""
    alpha, beta = BannerPriors.fit(*logs({("s", "a"): (100, 10), ("s", "b"): (200, 20)})).prior("s")
    np.testing.assert_allclose(alpha / (alpha + beta), [0.1, 0.1], rtol=0.05)
    np.testing.assert_allclose(alpha + beta, MAX_STRENGTH)


row = st.tuples(st.sampled_from(["s", "t"]), st.sampled_from(["a", "b", "c"]), st.floats(0, 1))


@given(st.lists(row, max_size=60), st.randoms(use_true_random=False))
def test_invariants(rows: list[tuple[str, str, float]], random: object) -> None:
    """Parameters are positive and capped, and the order of rows does not matter."""

    def fit(table: list[tuple[str, str, float]]) -> BannerPriors:
        return BannerPriors.fit([r[0] for r in table], [r[1] for r in table], np.array([r[2] for r in table]))

    priors = fit(rows)
    random.shuffle(rows)  # type: ignore[attr-defined]  # hypothesis hands out random.Random
    again = fit(rows)
    assert priors.slots() == again.slots() == sorted({r[0] for r in rows})
    for slot in priors.slots():
        alpha, beta = priors.prior(slot)
        assert ((alpha > 0) & (beta > 0) & (alpha + beta <= MAX_STRENGTH * (1 + 1e-9))).all()
        np.testing.assert_array_equal(again.prior(slot), (alpha, beta))


def test_a_declared_banner_starts_from_its_slot() -> None:
    """Never shown: the slot's mean, .015, worth 100 impressions at most; others keep their counts, or are retired."""
    rows = logs({("top", "a"): (4_000, 40), ("top", "b"): (4_000, 80)})
    declared = {"a": Terms(slots=["top", "side"]), "new": Terms(slots=["top"])}
    priors = BannerPriors.fit(*rows, declared)
    assert (priors.slots(), priors.arms("top"), priors.arms("side")) == (["side", "top"], ["a", "new"], ["a"])
    alpha, beta = priors.prior("top")
    before = BannerPriors.fit(*rows).prior("top")
    assert (alpha[0], beta[0]) == (before[0][0], before[1][0])
    assert alpha[1] + beta[1] == pytest.approx(MAX_NEW_STRENGTH)
    assert alpha[1] / (alpha[1] + beta[1]) == pytest.approx(120.5 / 8_001)
    # A slot that has no impressions: all rates are as likely.
    assert [p.tolist() for p in priors.prior("side")] == [[1.0], [1.0]]


def test_what_is_expected_of_a_banner_can_be_said() -> None:
    """A rate of .2 that is worth 50 impressions; what was counted of a banner stands above it."""
    said = {"new": Terms(slots=["top"], prior_rate=0.2, prior_weight=50), "a": Terms(slots=["top"], prior_rate=0.9)}
    priors = BannerPriors.fit(*logs({("top", "a"): (1_000, 10)}), said)
    alpha, beta = priors.prior("top")
    assert alpha[0] / (alpha[0] + beta[0]) < 0.05
    assert (alpha[1], beta[1]) == pytest.approx((10, 40))


def test_round_trip(tmp_path: Path) -> None:
    """JSON gives back the same numbers to the last bit, and what was declared."""
    rows = logs({("top", "ä"): (7, 3), ("top", "b"): (30, 1), ("x", "y"): (3, 0)})
    terms = Terms(slots=["top"], ends=date(2026, 3, 1), context={"page": ["home"]}, max_rewards=5)
    priors = BannerPriors.fit(*rows, {"ä": terms, "b": Terms(slots=["x"])})
    priors.save(tmp_path)
    loaded = BannerPriors.load(tmp_path)
    assert loaded.declared == priors.declared
    assert loaded.slots() == priors.slots()
    for slot in priors.slots():
        assert loaded.arms(slot) == priors.arms(slot)
        np.testing.assert_array_equal(loaded.prior(slot), priors.prior(slot))


def test_odds_against_integration() -> None:
    """P(Beta(3, 5) > Beta(4, 4)) by numeric integration, within four standard errors."""
    x = (np.arange(20_000) + 0.5) / 20_000
    one, other = x**2 * (1 - x) ** 4, x**3 * (1 - x) ** 3
    exact = float((one / one.sum() * np.cumsum(other / other.sum())).sum())
    odds = thompson_distribution(np.array([3.0, 4.0]), np.array([5.0, 4.0]), np.random.default_rng(1), 40_000, 0.0)
    assert abs(odds[0] - exact) < 4 * 0.5 / 200


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0.01, 500), st.floats(0.01, 500)), min_size=1, max_size=40), st.integers(0, 99))
def test_odds_are_a_distribution_above_the_floor(pairs: list[tuple[float, float]], seed: int) -> None:
    """They add up to 1, none is below floor / arms, and a seed fixes them."""
    alpha, beta = np.array(pairs).T
    odds = thompson_distribution(alpha, beta, np.random.default_rng(seed), draws=200)
    assert abs(odds.sum() - 1) < 1e-12
    assert (odds >= 0.01 / len(odds) - 1e-15).all()
    np.testing.assert_array_equal(odds, thompson_distribution(alpha, beta, np.random.default_rng(seed), draws=200))


def test_refusals() -> None:
    """Rewards outside [0, 1], unknown slots and improper parameters are refused."""
    with pytest.raises(ValueError, match="outside"):
        BannerPriors.fit(["s"], ["b"], np.array([2.0]))
    with pytest.raises(ValueError, match="outside"):
        BannerPriors.fit(["s"], ["b"], np.array([np.nan]))
    with pytest.raises(ValueError, match="rows"):
        BannerPriors.fit(["s"], [], np.array([1.0]))
    with pytest.raises(ValueError, match="known are"):
        BannerPriors.fit(["s"], ["b"], np.array([1.0])).prior("t")
    rng, one = np.random.default_rng(0), np.ones(1)
    for alpha, beta, draws, floor in (
        (one * 0, one, 9, 0.1),
        (one, np.ones(2), 9, 0.1),
        (one, one, 0, 0.1),
        (one, one, 9, 2),
    ):
        with pytest.raises(ValueError, match=r"above 0|every arm|at least 1"):
            thompson_distribution(alpha, beta, rng, draws, floor)
