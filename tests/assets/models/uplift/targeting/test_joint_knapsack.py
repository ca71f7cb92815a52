"""Several choices a user under one budget: against every choice there is, and by invariants."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets.models.uplift.targeting.joint_knapsack import solve_joint_knapsack
from assets.models.uplift.targeting.knapsack import NOTHING, solve_knapsack

GROUP = (0, 0, 1)


def best_by_trying(value: NDArray[np.float64], cost: NDArray[np.float64], budget: float, most: int) -> float:
    """The highest value of all choices of options 0 and 1 of one group, and 2 of another."""
    plans = [(a, b) for a, b in product((NOTHING, 0, 1), (NOTHING, 2)) if (a != NOTHING) + (b != NOTHING) <= most]
    best = 0.0
    for chosen in product(plans, repeat=len(value)):
        picks = [(user, option) for user, pair in enumerate(chosen) for option in pair if option != NOTHING]
        if sum(cost[pick] for pick in picks) <= budget + 1e-12:
            best = max(best, float(sum(value[pick] for pick in picks)))
    return best


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 2), st.floats(0.0, 6.0))
def test_no_choice_is_better_than_the_bound_and_the_gap_is_one_contact(seed: int, most: int, budget: float) -> None:
    """What is lost is at most what the contact at the cut is worth; budget and limits are kept."""
    rng = np.random.default_rng(seed)
    value, cost = rng.uniform(-1, 3, (4, 3)), rng.uniform(0.1, 2, (4, 3))
    solved = solve_joint_knapsack(value, cost, budget, group=GROUP, most=np.full(4, most))
    chosen = solved.choice != NOTHING
    assert (chosen.sum(axis=1) <= most).all()
    assert solved.spend <= budget
    picks = [(user, option) for user, row in enumerate(solved.choice) for option in row if option != NOTHING]
    assert all(GROUP[option] == place for row in solved.choice for place, option in enumerate(row) if option != NOTHING)
    assert solved.value == pytest.approx(sum(value[pick] for pick in picks))
    best = best_by_trying(value, cost, budget, most)
    assert solved.value <= best + 1e-9 <= solved.bound + 2e-9
    assert solved.bound - solved.value <= most * value.max() + 1e-9


def test_one_contact_a_user_is_the_knapsack_of_all_options() -> None:
    """With `most` 1 groups do not matter, and both searches find the same price of money."""
    rng = np.random.default_rng(3)
    value, cost = rng.normal(0.5, 1, (2_000, 4)), rng.uniform(0.1, 2, (2_000, 4))
    joint = solve_joint_knapsack(value, cost, 300.0, group=(0, 0, 1, 2), most=np.ones(2_000))
    single = solve_knapsack(value, cost, 300.0)
    assert joint.multiplier == pytest.approx(single.multiplier, rel=1e-9)
    assert joint.value == pytest.approx(single.value, rel=1e-4)
    assert joint.bound == pytest.approx(single.bound, rel=1e-9)


def test_a_budget_of_whole_contacts_is_spent_to_the_last() -> None:
    """Also where the sum of ten cents a contact is not exact."""
    for contacts in (3, 10, 77):
        solved = solve_joint_knapsack(np.ones((100, 2)), np.full((100, 2), 0.1), contacts * 0.1, group=(0, 1))
        assert int((solved.choice != NOTHING).sum()) == contacts
        assert solved.spend <= contacts * 0.1


def test_without_limits_every_group_takes_its_best_option() -> None:
    """Of the first group the second option, which is worth more; nothing that loses."""
    solved = solve_joint_knapsack([[1.0, 2.0, 3.0], [1.0, 0.5, -1.0]], np.ones((2, 3)), None, group=GROUP)
    assert solved.choice.tolist() == [[1, 2], [0, NOTHING]]
    assert (solved.value, solved.spend, solved.multiplier, solved.gap) == (6.0, 3.0, 0.0, 0.0)


def test_a_limit_keeps_the_best_of_all_groups() -> None:
    """Two contacts of three; none for a user who has had enough."""
    value = [[1.0, 3.0, 2.0], [1.0, 3.0, 2.0]]
    solved = solve_joint_knapsack(value, np.ones((2, 3)), None, group=(0, 1, 2), most=[2, 0])
    assert solved.choice.tolist() == [[NOTHING, 1, 2], [NOTHING, NOTHING, NOTHING]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"budget": -1.0}, "budget is money"),
        ({"group": (0, 1)}, "group must be a number"),
        ({"most": [-1, 1]}, "most must be one number"),
        ({"value": [[np.nan, 1.0, 1.0]] * 2}, "value must be finite"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], words: str) -> None:
    """In words."""
    asked: dict[str, object] = {
        "value": np.ones((2, 3)),
        "cost": np.ones((2, 3)),
        "budget": 1.0,
        "group": GROUP,
    } | change
    with pytest.raises(ValueError, match=words):
        solve_joint_knapsack(**asked)  # type: ignore[arg-type]
