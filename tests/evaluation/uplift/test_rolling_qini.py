"""Qini of windows: a model that wears off, and windows that are too small."""

import numpy as np
import pytest

from evaluation.uplift.qini import qini_coefficient
from evaluation.uplift.rolling_qini import rolling_qini

START = np.datetime64("2026-01-01")


def worn(rows: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """56 days; the score ranks effects in the first half of them and knows nothing in the second."""
    rng = np.random.default_rng(0)
    offset = np.sort(rng.integers(0, 56, rows))
    score, arm = rng.normal(size=rows), (rng.random(rows) < 0.5).astype(int)
    effect = np.where(offset < 28, 0.15 * np.tanh(score), 0.02)
    outcome = (rng.random(rows) < 0.3 + effect * arm).astype(int)
    return (START + offset).astype(str), outcome, arm, score


def test_a_model_that_wears_off_is_seen() -> None:
    """Windows of 28 days each week: five of them, the first works, the last does not."""
    day, outcome, arm, score = worn()
    frame = rolling_qini(day, outcome, arm, score)
    assert frame["day"].to_list() == ["2026-01-28", "2026-02-04", "2026-02-11", "2026-02-18", "2026-02-25"]
    assert frame["verdict"][0].startswith("works")
    assert frame["verdict"][-1].startswith("cannot be told")
    last = day >= "2026-01-29"
    assert frame["qini"][-1] == pytest.approx(qini_coefficient(outcome[last], arm[last], score[last]))
    assert frame["rows"][-1] == last.sum()


def test_a_reversed_score_harms() -> None:
    """It ranks those first whom the ad puts off."""
    day, outcome, arm, score = worn()
    assert rolling_qini(day, outcome, arm, -score)["verdict"][0].startswith("harms")


def test_too_few_rows_have_no_figure() -> None:
    """A log shorter than a window is one window; below 20 responses in an arm it has no Qini."""
    day, outcome, arm, score = (part[:100] for part in worn())
    frame = rolling_qini(day, outcome * (np.arange(100) < 20), arm, score)
    assert frame.height == 1
    assert frame["qini"][0] is None
    assert frame["verdict"][0].startswith("too few")


def test_broken_input_is_named() -> None:
    """Unequal lengths and no window."""
    with pytest.raises(ValueError, match="equal lengths"):
        rolling_qini(["2026-01-01"], [1, 0], [1, 0], [0.1, 0.2])
    with pytest.raises(ValueError, match="window_days"):
        rolling_qini(["2026-01-01"], [1], [1], [0.1], window_days=0)
