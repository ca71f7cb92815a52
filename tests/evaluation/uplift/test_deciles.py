"""The decile table by hand, under ties, and its intervals."""

import numpy as np
import pytest

from evaluation.uplift.deciles import uplift_by_decile


def test_by_hand() -> None:
    """Halves of four: treated 1, 0 and control 0, 0; then treated 1, 1 and control 1, 0."""
    table = uplift_by_decile([1, 0, 0, 0, 1, 1, 1, 0], [1, 1, 0, 0, 1, 1, 0, 0], [8, 7, 6, 5, 4, 3, 2, 1], bins=2)
    assert table["decile"].to_list() == [1, 2]
    assert table["users"].to_list() == [4, 4]
    assert table["treated"].to_list() == table["control"].to_list() == [2, 2]
    assert table["mean_treated"].to_list() == [0.5, 1.0]
    assert table["mean_control"].to_list() == [0.0, 0.5]
    assert table["uplift"].to_list() == [0.5, 0.5]


def test_tied_users_count_in_part() -> None:
    """A constant score shows the trial in every row, whatever the order of its rows."""
    rng = np.random.default_rng(0)
    outcome, treatment = rng.integers(0, 2, 103), np.arange(103) % 2
    effect = outcome[treatment == 1].mean() - outcome[treatment == 0].mean()
    table = uplift_by_decile(outcome, treatment, np.ones(103))
    assert table["uplift"].to_list() == pytest.approx([effect] * 10)
    assert table["users"].to_list() == pytest.approx([10.3] * 10)
    assert table["treated"].sum() == pytest.approx(51)


def test_newcombe_interval_of_its_paper() -> None:
    """Newcombe 1998, table II, contrast (a) 56/70 - 48/80 by method 10: 0.0524 to 0.3339."""
    outcome = np.repeat([1, 0, 1, 0], [56, 14, 48, 32])
    row = uplift_by_decile(outcome, np.repeat([1, 0], [70, 80]), np.ones(150), bins=1).row(0, named=True)
    assert (row["lower"], row["upper"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_money_has_welch_intervals() -> None:
    """±1.96·sqrt(s²/n of both arms) of a revenue that returns make negative."""
    rng = np.random.default_rng(1)
    outcome, treatment = rng.normal(1, 5, 400), np.arange(400) % 2
    row = uplift_by_decile(outcome, treatment, np.zeros(400), bins=1).row(0, named=True)
    error = np.sqrt(sum(outcome[treatment == arm].var(ddof=1) / 200 for arm in (0, 1)))
    assert row["upper"] - row["uplift"] == pytest.approx(1.959964 * error, rel=1e-6)


def test_a_decile_of_one_arm_has_no_uplift() -> None:
    """Nothing to compare with: null, and the counts say why."""
    first = uplift_by_decile([1, 0, 1, 0], [1, 1, 0, 0], [4, 3, 2, 1], bins=2).row(0, named=True)
    assert (first["treated"], first["control"], first["mean_treated"]) == (2, 0, 0.5)
    assert first["uplift"] is first["lower"] is first["mean_control"] is None


def test_arguments_out_of_range() -> None:
    """The number of groups."""
    for bins in (0, 3):
        with pytest.raises(ValueError, match="bins is a number of groups"):
            uplift_by_decile([1, 0], [1, 0], [1, 2], bins=bins)
