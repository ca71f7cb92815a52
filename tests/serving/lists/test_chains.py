"""The walk over fallback steps, by hand and under rules."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets.models.products.item_values import ItemValues
from assets.models.ranked import Ranked
from assets.models.rules.caps import Cap
from assets.models.rules.diversity import VectorLikeness
from assets.models.rules.effects import Diversity, Effect, Pin, RuleSet
from assets.models.rules.picks import RulePicks
from serving.lists.chains import BestFirst, Step, Tried, fill


def step(module: str, items: list[int] | None) -> Step:
    """A step that ranks ``items``; none is one that is not possible."""
    if items is None:
        return Step(module, None, str, "missing")
    ranked = Ranked(np.array(items, dtype=np.int32), np.linspace(1, 0.5, len(items)).astype(np.float32))
    return Step(module, ranked.take, lambda item: f"{module} {item}", "nothing")


def test_the_first_step_with_items_answers_and_the_next_fill() -> None:
    """Step a is missing, b knows 1 and 2, c knows 2, 3 and 4: three items are 1, 2 of b and 3 of c."""
    filled = fill([step("a", None), step("b", [1, 2]), step("c", [2, 3, 4]), step("d", [9])], 3)
    assert [(p.item, p.module, p.reason) for p in filled.picks] == [(1, "b", "b 1"), (2, "b", "b 2"), (3, "c", "c 3")]
    assert filled.answered_by == "b"
    assert filled.tried == [Tried("a", 0, "missing"), Tried("c", 1, None)]


def test_a_step_is_said_to_know_nothing_only_where_it_does() -> None:
    """Step b knows 1, which a gave already; c knows nothing, for the reason that it tells."""
    filled = fill([step("a", [1]), step("b", [1]), step("c", []), step("d", [2])], 2)
    assert filled.tried == [Tried("b", 0, None), Tried("c", 0, "nothing"), Tried("d", 1, None)]


def test_what_is_left_out_costs_no_place() -> None:
    """Items 1 and 2 lead the ranking and are left out: the two after them are given."""
    assert [p.item for p in fill([step("a", [1, 2, 3, 4])], 2, BestFirst({1, 2})).picks] == [3, 4]


def test_nothing_at_all() -> None:
    """No step has an item: nobody answered."""
    assert fill([step("a", [])], 5) == ([], "none", [Tried("a", 0, "nothing")])


@given(
    st.lists(st.lists(st.integers(0, 30), unique=True), min_size=1, max_size=4),
    st.integers(1, 20),
    st.sets(st.integers(0, 30)),
)
def test_an_answer_is_full_whenever_it_can_be(rankings: list[list[int]], k: int, leave_out: set[int]) -> None:
    """As many distinct items as all steps know beside what is left out, at most k."""
    filled = fill([step(f"s{i}", items) for i, items in enumerate(rankings)], k, BestFirst(leave_out))
    items = [p.item for p in filled.picks]
    known = set().union(*map(set, rankings)) - leave_out
    assert len(items) == len(set(items)) == min(k, len(known))
    assert set(items) <= known


@given(
    st.integers(0, 2_000),
    st.integers(0, 40),
    st.integers(1, 20),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 5),
)
def test_the_last_step_is_asked_until_no_more_would_fit(
    run: int, others: int, k: int, at_most: int, diverse: bool, seed: int
) -> None:
    """However long a run of one brand leads the last ranking, what fits the cap is found behind it."""
    n = run + others + 1
    brand = np.concatenate([np.zeros(run, dtype=np.int64), np.random.default_rng(seed).integers(0, 30, others + 1)])
    effects: list[Effect] = [Cap("few of a brand", at_most, ItemValues.of_pairs(np.arange(n), brand, n, 30))]
    if diverse:
        angle = np.arange(n, dtype=np.float32)
        effects.append(Diversity("mixed", 0.5, VectorLikeness(np.stack([np.cos(angle), np.sin(angle)], axis=1))))
    everything = Ranked(np.arange(n, dtype=np.int32), np.arange(n, 0, -1).astype(np.float32))
    steps = [step("a", list(range(min(run, 7)))), Step("b", everything.take, str)]
    filled = fill(steps, k, RulePicks(RuleSet.of(effects), k, n, None, ()))
    found = [p.item for p in filled.picks]
    counts = np.bincount(brand[found], minlength=30)
    assert counts.max() <= at_most
    assert len(set(found)) == len(found) == min(k, int(np.minimum(np.bincount(brand, minlength=30), at_most).sum()))


def test_pins_stand_at_their_place_and_at_the_end_of_what_is_short() -> None:
    """Places 2 and 9 of ten, with two other items: the second pin closes the answer, which the step answered."""
    pins = RuleSet.of([Pin("first", 7, 2), Pin("last", 8, 9)])
    filled = fill([step("a", [1, 7, 2])], 10, RulePicks(pins, 10, 10, None, ()))
    assert [(p.item, p.module, p.rules) for p in filled.picks] == [
        (1, "a", ()),
        (7, "rules", ("first",)),
        (2, "a", ()),
        (8, "rules", ("last",)),
    ]
    assert filled.picks[1].reason == "put at place 2 by the shop"
    assert filled.answered_by == "a"


def test_an_answer_of_pins_alone_says_so() -> None:
    """No step is asked where there is no room."""
    filled = fill([step("a", [1])], 1, RulePicks(RuleSet.of([Pin("first", 7, 1)]), 1, 10, None, ()))
    assert ([p.item for p in filled.picks], filled.answered_by, filled.tried) == ([7], "rules", [])
