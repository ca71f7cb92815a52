"""Effects of arms, by hand and against regression."""

import numpy as np
import pytest

from evaluation.sequential.arm_effect import cuped_effect, mean_effect
from evaluation.sequential.moments import Moments


def test_means_by_hand() -> None:
    """Champion 1, 3 and challenger 2, 4, 6: 2 and 4, variances 2/2 and 4/3."""
    found = mean_effect(Moments.of([1.0, 3.0]), Moments.of([2.0, 4.0, 6.0]))
    assert (found.champion, found.challenger) == (2, 4)
    assert (found.difference.value, found.difference.variance) == pytest.approx((2, 1 + 4 / 3))
    assert found.difference.units == 5
    # The lift is 4 / 2 - 1; its variance (4/3 + 2² · 1) / 2².
    assert (found.lift.value, found.lift.variance) == pytest.approx((1, 4 / 3))


def test_other_columns_do_not_matter_to_means() -> None:
    """Only the first column is the metric."""
    rng = np.random.default_rng(3)
    arms = [rng.normal(1, 1, (2, n)) for n in (30, 50)]
    alone = mean_effect(*(Moments.of(a[0]) for a in arms))
    beside = mean_effect(*(Moments.of(a[0], a[1]) for a in arms))
    assert np.allclose(beside.lift, alone.lift, rtol=1e-12)


def test_nothing_varies_yet() -> None:
    """An arm without a conversion does not know its variance, so neither does the comparison."""
    found = mean_effect(Moments.of([0.0, 0.0, 0.0]), Moments.of([0.0, 1.0, 1.0]))
    assert np.isnan(found.difference.variance)
    assert np.isnan(found.lift.variance)


def test_cuped_is_the_regression_on_arm_and_covariate() -> None:
    """The adjusted difference is the arm's coefficient of least squares with one slope for both arms (ANCOVA)."""
    rng = np.random.default_rng(7)
    arm = (rng.random(500) < 0.3).astype(float)
    before = rng.gamma(2, 3, 500)
    after = 0.7 * before + 0.5 * arm + rng.normal(0, 1, 500)
    split = [Moments.of(after[arm == a], before[arm == a]) for a in (0, 1)]
    found = cuped_effect(split[0], split[1])
    design = np.column_stack([np.ones(500), arm, before])
    (_, coefficient, slope), *_ = np.linalg.lstsq(design, after, rcond=None)
    assert found.difference.value == pytest.approx(coefficient)
    residual = after - slope * before
    variance = sum(residual[arm == a].var(ddof=1) / (arm == a).sum() for a in (0, 1))
    assert found.difference.variance == pytest.approx(variance)


def test_cuped_takes_away_what_the_correlation_says() -> None:
    """With a correlation of 0.8 the variance is 1 - 0.64 of the plain one, and effects stay."""
    rng = np.random.default_rng(2)
    before = rng.normal(size=(2, 40_000))
    after = 10 + 0.8 * before + 0.6 * rng.normal(size=before.shape) + np.array([[0.0], [0.1]])
    arms = [Moments.of(after[a], before[a]) for a in (0, 1)]
    plain, adjusted = mean_effect(*arms), cuped_effect(*arms)
    for kind in ("difference", "lift"):
        ratio = getattr(adjusted, kind).variance / getattr(plain, kind).variance
        assert ratio == pytest.approx(0.36, abs=0.01)
    assert adjusted.difference.value == pytest.approx(0.1, abs=0.02)


def test_cuped_without_a_past_is_the_plain_effect() -> None:
    """A covariate that is the same for all explains nothing."""
    arms = [Moments.of(values, np.zeros(len(values))) for values in ([1.0, 3.0], [2.0, 4.0, 6.0])]
    assert np.allclose(cuped_effect(*arms).lift, mean_effect(*arms).lift, rtol=1e-12)
