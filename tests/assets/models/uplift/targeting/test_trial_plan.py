"""Users, days and money of a trial that is planned, by hand."""

from dataclasses import replace

import pytest

from assets.models.uplift.targeting.trial_plan import Hopes, trial_plan
from evaluation.sequential.sample_size import Trial

RATE = Hopes(Trial.of_rate(0.1), {"control": 0.2, "mail": 0.8}, is_rate=True, effect=0.02, window_days=7)


def test_users_days_and_the_cost_of_the_control() -> None:
    """11,421 users, as `tests.evaluation.sequential.test_sample_size` has by hand; a fifth of them forgo 2 in 100."""
    hopes = replace(RATE, users_per_day=1_000, worth=12.0, contact_cost=0.1, incentive=5.0)
    found = trial_plan(hopes)
    assert (found.users, found.by_arm) == (11_421, {"control": 2_284, "mail": 9_137})
    assert found.days == 12 + 7
    assert found.responses_forgone == pytest.approx(11_421 * 0.2 * 0.02)
    # Twelve a response; ten cents a contact, and 5 for each of the 12 in 100 who would have responded.
    assert found.control_cost == pytest.approx(11_421 * 0.2 * (0.02 * 12 - 0.1 - 0.12 * 5))
    assert (found.effect, found.lift, found.users_with_cuped, found.warnings) == (0.02, pytest.approx(0.2), None, ())


def test_of_several_treatments_the_smallest_decides() -> None:
    """Control and voucher are a fifth each: of 40 % of the users half is contacted."""
    pair = trial_plan(replace(RATE, shares={"control": 0.5, "voucher": 0.5})).users
    found = trial_plan(replace(RATE, shares={"control": 0.2, "mail": 0.6, "voucher": 0.2}))
    assert found.users == pytest.approx(pair / 0.4, abs=2)
    assert list(found.by_arm) == ["control", "mail", "voucher"]


def test_cuped_is_told_and_planned_by() -> None:
    """A correlation of .6 leaves 64 %."""
    told = trial_plan(replace(RATE, correlation=0.6))
    assert (told.users, told.users_with_cuped) == (11_421, 7_309)
    assert trial_plan(replace(RATE, correlation=0.6, is_adjusted=True)).users == 7_309


def test_what_so_many_users_show() -> None:
    """The effect that needs them, of rates and of money."""
    assert trial_plan(replace(RATE, effect=None, users=11_421)).effect == pytest.approx(0.02, rel=1e-3)
    money = replace(RATE, trial=Trial(4.0, 30.0), is_rate=False, effect=1.0, worth=0.3, incentive=9.0)
    found = trial_plan(money)
    assert trial_plan(replace(money, effect=None, users=found.users)).effect == pytest.approx(1.0, rel=1e-3)
    # Money has its margin as its worth, and no number of responses that incentives could be paid for.
    assert found.control_cost == pytest.approx(found.users * 0.2 * 0.3)


def test_too_small_to_be_trusted_is_told() -> None:
    """Fewer than 20 responses in an arm, and rates above 1."""
    assert "would have about 10 responses" in trial_plan(replace(RATE, effect=None, users=500)).warnings[0]
    assert "no rate is above 100 %" in trial_plan(replace(RATE, effect=None, users=4)).warnings[0]


def test_one_question_at_a_time() -> None:
    """And shares that can be drawn."""
    for wrong in ({"users": 5}, {"effect": None}):
        with pytest.raises(ValueError, match="one of the two"):
            trial_plan(replace(RATE, **wrong))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"add up to 0\.9"):
        trial_plan(replace(RATE, shares={"control": 0.1, "mail": 0.8}))
