"""The walk over fallback steps, by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets.models.ranked import Ranked
from serving.chains import BestFirst, Step, Tried, fill


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
    assert filled.tried == [Tried("a", 0, "missing"), Tried("c", 1, "nothing")]


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
