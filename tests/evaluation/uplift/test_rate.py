"""RATE by hand, against its closed form and causalml, and its intervals."""

import warnings

import numpy as np
import pytest

from evaluation.resampling.bootstrap import Bootstrap
from evaluation.resampling.checked import ShapeError
from evaluation.uplift.rate import rate, rate_interval, toc_curve


def test_by_hand() -> None:
    """Effects 3, 1, 2 by priority, mean 2: TOC = 1, 0, 0; a third of it."""
    share, toc = toc_curve([1.0, 3.0, 2.0], [5, 9, 1])
    assert share.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert toc.tolist() == pytest.approx([1, 0, 0])
    assert rate([1.0, 3.0, 2.0], [5, 9, 1]) == pytest.approx(1 / 3)


def test_closed_form_of_an_even_effect() -> None:
    """Effect = priority, even on [0, 1]: TOC(q) = (1 - q)/2, so AUTOC 1/4, and against the order -1/4."""
    effect = np.linspace(0, 1, 100_001)
    assert rate(effect, effect) == pytest.approx(1 / 4, abs=1e-4)
    assert rate(effect, -effect) == pytest.approx(-1 / 4, abs=1e-4)


@pytest.mark.slow
def test_agrees_with_causalml() -> None:
    """The same TOC curve; its "autoc" weighs TOC(q) by 1/q once more than the definition does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # causalml sets styles of deprecated names at import
        import pandas as pd
        from causalml.metrics.rate import get_toc
    rng = np.random.default_rng(2)
    priority = rng.random(2_000)
    effect = 0.3 * priority + rng.normal(size=2_000)
    frame = pd.DataFrame({"tau": effect, "model": priority})
    np.testing.assert_allclose(toc_curve(effect, priority)[1], get_toc(frame)["model"].to_numpy()[1:], atol=1e-9)


def test_interval_is_as_wide_as_repeated_trials_vary() -> None:
    """Width against the spread of the estimate over fresh samples, within a quarter; binned as exact."""

    def sample(seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        priority = rng.random(3000)
        return priority + 2 * rng.normal(size=3000), priority

    spread = np.std([rate(*sample(seed)) for seed in range(300)])
    intervals = [rate_interval(*sample(seed), bootstrap=Bootstrap(300)) for seed in range(900, 905)]
    assert np.mean([upper - lower for _, lower, upper in intervals]) / 3.92 == pytest.approx(spread, rel=1 / 4)
    assert intervals[0].estimate == rate(*sample(900))


def test_broken_input_is_named() -> None:
    """Rules of the inputs."""
    with pytest.raises(ShapeError, match="equal lengths"):
        rate([1.0, 2.0], [1])
