"""The knapsack: by hand, against every possible choice, and against a linear programme."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, eye, kron, vstack

from assets.models.uplift.targeting.knapsack import NOTHING, Knapsack, solve_knapsack


def spent(solved: Knapsack, cost: np.ndarray) -> float:
    """What the choices cost."""
    users = np.flatnonzero(solved.choice != NOTHING)
    return float(cost[users, solved.choice[users]].sum())


def brute_force(value: np.ndarray, cost: np.ndarray, budget: float) -> float:
    """The best of all choices."""
    users, options = value.shape
    best = 0.0
    for choice in itertools.product(range(-1, options), repeat=users):
        taken = [(user, option) for user, option in enumerate(choice) if option >= 0]
        if sum(cost[pair] for pair in taken) <= budget:
            best = max(best, sum(value[pair] for pair in taken))
    return best


def world(users: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values around 0.3 and costs of three arms, each dearer than the last."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 1.0, (users, 3)), rng.uniform(0.1, 2.0, (users, 3)) * [1, 2, 3]


def test_by_hand() -> None:
    """Of 2/1, 3/2 and 5/5 (value/cost) a budget of 4 buys the first two; a fifth of the last would earn 1."""
    solved = solve_knapsack([[2.0], [3.0], [5.0]], [[1.0], [2.0], [5.0]], 4.0)
    assert solved.choice.tolist() == [0, 0, NOTHING]
    assert (solved.value, solved.spend, solved.bound) == (5, 3, pytest.approx(6))
    assert solved.multiplier == pytest.approx(1)


def test_a_better_arm_is_bought_where_it_pays_most() -> None:
    """Both take the cheap arm; what is left upgrades the user who gains 4 by it, not the one who gains 1."""
    value, cost = [[3.0, 4.0], [3.0, 7.0]], [[1.0, 3.0], [1.0, 3.0]]
    assert solve_knapsack(value, cost, 4.0).choice.tolist() == [0, 1]


def test_without_a_budget_each_takes_the_best() -> None:
    """No price on money: λ is 0 and nothing is lost."""
    solved = solve_knapsack([[1.0, 2.0], [-1.0, 0.0]], [[1.0, 9.0], [1.0, 1.0]], None)
    assert solved.choice.tolist() == [1, NOTHING]
    assert (solved.multiplier, solved.gap, solved.bound) == (0, 0, 2)


def test_equals_are_served_up_to_the_budget() -> None:
    """A thousand equal users and money for 250: λ alone cannot tell them apart."""
    solved = solve_knapsack(np.full((1000, 1), 2.0), np.full((1000, 1), 0.1), 25.0)
    assert (solved.choice == 0).sum() == 250
    assert solved.spend <= 25.0
    assert solved.gap < 1e-9


def test_free_options_need_no_budget() -> None:
    """With a budget of 0 what costs nothing is still taken, and nothing else."""
    assert solve_knapsack([[1.0, 5.0], [2.0, 0.0]], [[0.0, 1.0], [1.0, 1.0]], 0.0).choice.tolist() == [0, NOTHING]


def test_what_is_not_allowed_is_not_chosen() -> None:
    """The better arm of the first user is forbidden, the second user altogether."""
    allowed = [[True, False], [False, False]]
    assert solve_knapsack([[1.0, 5.0]] * 2, [[1.0, 1.0]] * 2, 9.0, allowed=allowed).choice.tolist() == [0, NOTHING]


def test_nobody_to_choose_from() -> None:
    """No users: an empty choice of value 0."""
    solved = solve_knapsack(np.zeros((0, 2)), np.zeros((0, 2)), 1.0)
    assert (solved.choice.size, solved.value, solved.gap) == (0, 0, 0)


tables = st.integers(1, 5).flatmap(
    lambda users: st.tuples(
        arrays(np.float64, (users, 2), elements=st.integers(-4, 9).map(float)),
        arrays(np.float64, (users, 2), elements=st.integers(0, 6).map(float)),
        st.integers(0, 20).map(float),
    )
)


@given(tables)
@settings(max_examples=150)
def test_never_beats_every_choice_nor_its_own_bound(table: tuple[np.ndarray, np.ndarray, float]) -> None:
    """Value ≤ best of all choices ≤ bound, within the budget, nothing of value ≤ 0; one item at most is lost."""
    value, cost, budget = table
    solved = solve_knapsack(value, cost, budget)
    best = brute_force(value, cost, budget)
    users = np.flatnonzero(solved.choice != NOTHING)
    assert (value[users, solved.choice[users]] > 0).all()
    assert spent(solved, cost) == solved.spend <= budget
    assert solved.value <= best + 1e-9
    assert best <= solved.bound + 1e-6
    assert solved.value >= solved.bound - max(value.max(), 0) - 1e-6


@given(st.integers(0, 2**32 - 1), st.floats(0, 500), st.floats(1, 3))
@settings(max_examples=40)
def test_more_budget_never_earns_less(seed: int, budget: float, factor: float) -> None:
    """The bound rises with the budget and the price of money falls."""
    value, cost = world(200, seed)
    less, more = solve_knapsack(value, cost, budget), solve_knapsack(value, cost, budget * factor)
    assert less.bound <= more.bound + 1e-6
    assert less.multiplier >= more.multiplier - 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_the_linear_programme(seed: int) -> None:
    """Bound and price of money are the optimum and the dual of the linear programme that scipy solves."""
    value, cost = world(1500, seed)
    budget = 150.0
    once = kron(eye(len(value)), np.ones((1, 3)))
    rows = vstack([once, csr_matrix(cost.reshape(1, -1))])
    limits = np.append(np.ones(len(value)), budget)
    programme = linprog(-value.ravel(), A_ub=rows, b_ub=limits, bounds=(0, 1))
    solved = solve_knapsack(value, cost, budget)
    assert solved.bound == pytest.approx(-programme.fun, rel=1e-9)
    assert solved.multiplier == pytest.approx(-programme.ineqlin.marginals[-1], rel=1e-6)
    assert solved.gap < 1e-3


@pytest.mark.parametrize("budget", [1e4, 1e5, 5e5])
def test_a_million_users_and_three_arms(budget: float) -> None:
    """Within 1e-4 of the bound and within the budget."""
    value, cost = world(1_000_000, 0)
    solved = solve_knapsack(value, cost, budget)
    assert solved.gap <= 1e-4
    assert solved.spend <= budget
    users = np.flatnonzero(solved.choice != NOTHING)
    assert (value[users, solved.choice[users]] > 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost": [[1.0, 1.0]]}, "of one shape"),
        ({"value": [[np.nan]]}, "value must be finite"),
        ({"cost": [[-1.0]]}, "cost must be at least 0"),
        ({"budget": -1.0}, "budget"),
        ({"allowed": [True]}, "allowed must have the shape"),
    ],
)
def test_broken_input_is_named(change: dict[str, object], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    usual: dict[str, object] = {"value": [[1.0]], "cost": [[1.0]], "budget": 1.0}
    with pytest.raises(ValueError, match=message):
        solve_knapsack(**{**usual, **change})
