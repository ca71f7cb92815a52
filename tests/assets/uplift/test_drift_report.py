"""The check of the latest window of the rolling Qini."""

import numpy as np

from assets.uplift.drift_report import judge_latest
from evaluation.uplift.rolling_qini import rolling_qini

ROWS = 6_000


def over_time(sign: float, rows: int = ROWS) -> tuple[bool, str]:
    """The verdict on a month in which the effect grows with the score, or falls."""
    rng = np.random.default_rng(0)
    score, treatment = rng.random(rows), rng.integers(0, 2, rows)
    outcome = (rng.random(rows) < 0.2 + 0.3 * score * treatment).astype(int)
    day = np.repeat(np.arange("2026-01-01", "2026-01-31", dtype="datetime64[D]"), rows // 30).astype(str)
    return judge_latest(rolling_qini(day, outcome, treatment, sign * score))


def test_a_model_that_works_passes() -> None:
    """With its figures, the window and the verdict."""
    passed, told = over_time(1)
    assert passed
    assert told.startswith("Qini 0.")
    assert "to 2026-01-30: works" in told


def test_a_model_that_ranks_the_wrong_way_fails_and_says_what_to_do() -> None:
    """The same users, the score turned round."""
    passed, told = over_time(-1)
    assert not passed
    assert told.startswith("Qini -0.")
    assert "stop using the scores and train again" in told


def test_a_window_too_small_to_tell_passes_and_says_so() -> None:
    """One user a day."""
    passed, told = over_time(1, 30)
    assert passed
    assert "too few" in told
