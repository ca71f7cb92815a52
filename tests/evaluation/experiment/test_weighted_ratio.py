"""Sizes of arms whose odds differ between users: by hand, clean and not, and with few users a day."""

import numpy as np
import pytest

from evaluation.experiment.weighted_ratio import weighted_ratio

NAMES = np.array(["a", "b", "c"])


def deal(rng: np.random.Generator, rows: int, days: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arms, odds of the own arm, days: the odds of a and b depend on the user, those of c are a tenth."""
    first = rng.uniform(0.1, 0.8, rows)
    odds = np.column_stack([first, 0.9 - first, np.full(rows, 0.1)])
    place = (rng.random(rows)[:, None] > np.cumsum(odds, axis=1)).sum(axis=1)
    return NAMES[place], odds[np.arange(rows), place], rng.integers(0, days, rows).astype(str)


def test_by_hand() -> None:
    """Two users of four at 1/2 stand for four; one at 1/4 and one at 1/2 stand for six."""
    result = weighted_ratio(["a", "a", "b", "b"], [0.5, 0.5, 0.25, 0.5])
    assert [(arm.arm, arm.users, arm.stands_for) for arm in result.arms] == [("a", 4, 4), ("b", 4, 6)]
    # Two away of four, with a variance of (4·3 + 2·1) / 6 each, at most 3 above the mean; doubled for two sides, and
    # for two arms.
    assert result.arms[1].p_value == pytest.approx(min(1, 4 * np.exp(-2 / (4 * 14 / 6 + 2))))
    assert result.passed
    assert "b 6 of 4" in result.verdict


def test_equal_odds_agree_with_the_binomial() -> None:
    """A share of 0.32 for 0.3 of 10,000 users is 4.4 standard deviations: found, as 0.31 is not."""
    for share, passed in ((0.32, False), (0.31, True)):
        labels = np.repeat(["a", "b"], [int(share * 10_000), 10_000 - int(share * 10_000)])
        assert weighted_ratio(labels, np.where(labels == "a", 0.3, 0.7)).passed == passed


def test_clean_arms_do_not_alarm() -> None:
    """300 campaigns of 30 days with few users a day and a rare arm: at most one alarm."""
    rng = np.random.default_rng(0)
    failed = 0
    for _ in range(300):
        arm, odds, day = deal(rng, 900, days=30)
        failed += not weighted_ratio(arm, odds, day=day).passed
    assert failed <= 1


def test_lost_users_are_caught_and_their_arm_named() -> None:
    """Of arm b one in six is not in the log; a and c are as they were meant, but for whom they stand."""
    arm, odds, day = deal(np.random.default_rng(1), 20_000, days=10)
    kept = (arm != "b") | (np.arange(arm.size) % 6 > 0)
    result = weighted_ratio(arm[kept], odds[kept], day=day[kept])
    assert not result.passed
    assert "b does not" in result.verdict


def test_days_whose_errors_cancel_are_caught() -> None:
    """What b loses to a on one day it gains on the other."""
    arm = np.repeat(["a", "b", "a", "b"], [600, 400, 400, 600])
    day = np.repeat(["2026-03-01", "2026-03-02"], 1000)
    odds = np.full(2000, 0.5)
    assert weighted_ratio(arm, odds).passed
    result = weighted_ratio(arm, odds, day=day)
    assert {cell.day for cell in result.days} == set(day)
    assert "2 days differ" in result.verdict


def test_an_arm_that_came_later_stands_for_the_users_of_its_time() -> None:
    """Three arms on the second day, two on the first."""
    arm = np.repeat(["a", "b", "a", "b", "c"], [500, 500, 400, 400, 200])
    odds = np.repeat([0.5, 0.5, 0.4, 0.4, 0.2], [500, 500, 400, 400, 200])
    result = weighted_ratio(arm, odds, day=np.repeat(["2026-03-01", "2026-03-02"], 1000))
    assert result.passed
    assert [(cell.arm, cell.users) for cell in result.arms] == [("a", 2000), ("b", 2000), ("c", 1000)]
    assert not weighted_ratio(arm, odds).passed


@pytest.mark.parametrize(
    ("arm", "odds", "day", "message"),
    [
        (["a"], [0.5, 0.5], None, "one of each a user"),
        (["a", "b"], [0.5, 1.0], None, "strictly between"),
        (["a", "b"], [0.5, np.nan], None, "propensity"),
        (["a", "b"], [0.5, 0.5], ["2026-03-01"], "one day a row"),
    ],
)
def test_broken_input_is_named(arm: list[str], odds: list[float], day: list[str] | None, message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        weighted_ratio(arm, odds, day=day)
