"""Pages of a list under rules: together they are the list, whatever their size."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.products.item_values import ItemValues
from assets.models.ranked import Ranked, top_k
from assets.models.rules.caps import Cap
from assets.models.rules.diversity import VectorLikeness
from assets.models.rules.effects import Diversity, Effect, Lift, Pin, RuleSet
from serving.lists.chains import Step
from serving.lists.selection import RULED_PLACES, Selection

N = 160


def steps(seed: int, shown: np.ndarray) -> list[Step]:
    """Two rankings that overlap and do not know everything, each the same however deep it is asked."""
    rng = np.random.default_rng(seed)
    made = []
    for name in ("a", "b"):
        items = rng.permutation(N)[: rng.integers(1, N)].astype(np.int32)
        items = items[shown[items]]
        scores = rng.uniform(size=items.size).astype(np.float32)
        ranked = top_k(items, scores, max(items.size, 1))
        made.append(Step(name, ranked.take, str))
    return made


@settings(max_examples=60)
@given(
    st.integers(0, 50),
    st.integers(20, 60),
    st.sets(st.sampled_from(["cap", "boost", "diversity", "pin", "exclude"])),
    st.integers(1, 20),
)
def test_pages_neither_repeat_nor_skip(seed: int, size: int, kinds: set[str], at_most: int) -> None:
    """Pages of any size give what one long page gives: every product that the steps know and the caps have room for."""
    rng = np.random.default_rng(seed)
    shown, brand = rng.uniform(size=N) < 0.8, rng.integers(0, 8, N)
    vectors = rng.normal(size=(N, 4)).astype(np.float32)
    effects: dict[str, Effect] = {
        "cap": Cap("cap", at_most, ItemValues.of_pairs(np.arange(N), brand, N, 8)),
        "boost": Lift("boost", rng.uniform(size=N) < 0.2, 0.4),
        "diversity": Diversity("diversity", 0.5, VectorLikeness(vectors)),
        "pin": Pin("pin", int(rng.integers(0, N)), int(rng.integers(1, 100))),
    }
    rules = RuleSet.of([effects[kind] for kind in sorted(kinds) if kind in effects])
    leave_out = frozenset(range(0, N, 7)) if "exclude" in kinds else frozenset()
    chain = steps(seed, shown)

    def page(offset: int, limit: int) -> list[int]:
        selection = Selection(N, limit, None, leave_out, rules)
        return [pick.item for pick in selection.page(chain, shown, offset).picks]

    whole = page(0, N)
    paged = [item for offset in range(0, N, size) for item in page(offset, size)]
    assert paged == whole
    assert len(set(whole)) == len(whole)
    known = {i for step in chain if step.rank is not None for i in step.rank(N).items.tolist()} - leave_out
    pinned = {pin.item for pin in rules.pins if shown[pin.item]} - leave_out
    if "cap" in kinds:
        counts = np.bincount(brand[whole], minlength=8)
        assert counts.max(initial=0) <= at_most
        assert all(item in whole or counts[brand[item]] == at_most for item in known)
    else:
        assert set(whole) == known | pinned


def test_rules_decide_the_first_places_alone() -> None:
    """A boost of the last product of 160 brings it to the front; behind the first places the order is the step's."""
    ranked = Ranked(np.arange(N, dtype=np.int32), np.arange(N, 0, -1).astype(np.float32))
    mask = np.zeros(N, dtype=np.bool_)
    mask[[N - 1, RULED_PLACES + 50]] = True
    selection = Selection(N, N, None, frozenset(), RuleSet.of([Lift("up", mask, 2.0)]))
    picks = selection.page([Step("a", ranked.take, str)], np.ones(N, dtype=np.bool_), 0).picks
    moved = [RULED_PLACES + 50, N - 1]
    assert [pick.item for pick in picks] == moved + [item for item in range(N) if item not in moved]
    assert [pick.rules for pick in picks[:3]] == [("up",), ("up",), ()]


def test_an_order_that_was_asked_for_is_kept() -> None:
    """By price, say: neither boost nor pin moves anything, but one of a brand is one of a brand."""
    ranked = Ranked(np.arange(N, dtype=np.int32), np.arange(N, 0, -1).astype(np.float32))
    cap = Cap("one", 1, ItemValues.of_pairs(np.arange(N), np.arange(N) // 2, N, N))
    rules = RuleSet.of([Lift("up", np.arange(N) == N - 1, 2.0), Pin("pin", 8, 1), cap])
    selection = Selection(N, 5, None, frozenset(), rules)
    picks = selection.page([Step("a", ranked.take, str)], np.ones(N, dtype=np.bool_), 3, by_relevance=False).picks
    assert [(pick.item, pick.rules) for pick in picks] == [(item, ()) for item in (6, 8, 10, 12, 14)]


def test_a_pin_keeps_its_place_in_a_short_answer() -> None:
    """Two are pinned to the fourth place of four: the first has it, the other gives way."""
    ranked = Ranked(np.array([6, 5], dtype=np.int32), np.array([2, 1], dtype=np.float32))
    allowed = np.isin(np.arange(N), [0, 4, 5, 6])
    selection = Selection(N, 5, allowed, frozenset(), RuleSet.of([Pin("first", 0, 4), Pin("second", 4, 4)]))
    picks = selection.fill([Step("a", ranked.take, str)]).picks
    assert [pick.item for pick in picks] == [6, 5, 4, 0]
