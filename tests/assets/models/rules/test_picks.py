"""Choosing under rules: caps, boosts, diversity and pins by hand; diversity also against a direct computation."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.models.products.item_values import ItemValues
from assets.models.ranked import Ranked
from assets.models.rules.caps import Cap
from assets.models.rules.diversity import CategoryLikeness, VectorLikeness
from assets.models.rules.effects import Diversity, Effect, Lift, Pin, RuleSet
from assets.models.rules.picks import RulePicks, normalised


def pool(scores: dict[int, float]) -> Ranked:
    """A ranking of these items, which are given best first."""
    return Ranked(np.array(list(scores), dtype=np.int32), np.array(list(scores.values()), dtype=np.float32))


def brands(*names: str) -> ItemValues:
    """One value an item, a dot for none."""
    held = [(item, sorted(set(names)).index(name)) for item, name in enumerate(names) if name != "."]
    item, value = np.array(held).T
    return ItemValues.of_pairs(item, value, len(names), len(set(names)))


def lift(name: str, items: list[int], amount: float, n: int) -> Lift:
    """A boost or burial of these items."""
    mask = np.zeros(n, dtype=np.bool_)
    mask[items] = True
    return Lift(name, mask, amount)


def picks(effects: list[Effect], k: int, n: int, leave_out: tuple[int, ...] = ()) -> RulePicks:
    """An empty answer."""
    return RulePicks(RuleSet.of(effects), k, n, None, leave_out)


def items(chosen: list[tuple[int, float]]) -> list[int]:
    """Without scores."""
    return [item for item, _ in chosen]


def test_scores_are_normalised_over_the_pool() -> None:
    """The least is 0, the largest 1; where all are equal none is worse than another."""
    assert normalised(np.array([8.0, 5.0, 4.0])).tolist() == [1.0, 0.25, 0.0]
    assert normalised(np.array([3.0, 3.0])).tolist() == [1.0, 1.0]


def test_boosts_and_burials_add_up_after_normalising() -> None:
    """Scores 8, 6, 5, 4 are 1, .5, .25, 0; +.3 makes item 2 .55, and +.3 -.6 makes item 0 .7; ties go to the lower."""
    effects: list[Effect] = [lift("up", [0, 2], 0.3, 4), lift("down", [0], -0.6, 4)]
    answer = picks(effects, 4, 4)
    assert answer.choose(pool({0: 8, 1: 6, 2: 5, 3: 4}), 4) == [(0, 8.0), (2, 5.0), (1, 6.0), (3, 4.0)]
    assert (answer.names(0), answer.names(1), answer.names(2)) == (("up", "down"), (), ("up",))


def test_a_burial_moves_below_what_is_less_relevant() -> None:
    """1, .5, 0 with -.75 on the first: .25, between the others."""
    assert items(picks([lift("down", [0], -0.75, 3)], 3, 3).choose(pool({0: 3, 1: 2, 2: 1}), 3)) == [1, 0, 2]


def test_a_cap_skips_and_counts_on_over_several_pools() -> None:
    """Two of a at most: item 3 is skipped, and so is item 5 of the next pool; items without a value are free."""
    answer = picks([Cap("two of a brand", 2, brands("a", "b", "a", "a", ".", "a", "."))], 6, 7)
    assert items(answer.choose(pool({0: 9, 1: 8, 2: 7, 3: 6}), 6)) == [0, 1, 2]
    assert items(answer.choose(pool({5: 9, 3: 8, 4: 7, 6: 6}), 3)) == [4, 6]


def test_an_item_of_several_values_counts_for_each() -> None:
    """Item 0 is in both categories, so neither has room for another one."""
    values = ItemValues.of_pairs(np.array([0, 0, 1, 2]), np.array([0, 1, 0, 1]), 4, 2)
    assert items(picks([Cap("one", 1, values)], 4, 4).choose(pool({0: 4, 1: 3, 2: 2, 3: 1}), 4)) == [0, 3]


def test_pins_have_their_place_or_the_next_free_one() -> None:
    """Items 5 and 6 both want place 2; item 7 is left out, item 8 wants a place beyond the end; 5 is pinned once."""
    wanted: list[Effect] = [
        Pin("a", 5, 2),
        Pin("b", 6, 2),
        Pin("c", 7, 1),
        Pin("d", 8, 5),
        Pin("e", 5, 1),
    ]
    answer = picks(wanted, 4, 9, leave_out=(7,))
    assert {place: pin.name for place, pin in answer.pins.items()} == {2: "a", 3: "b"}
    assert items(answer.choose(pool({5: 3, 6: 2, 1: 1}), 2)) == [1]


def test_pins_count_for_caps_and_keep_to_them() -> None:
    """Both pins are of brand a, of which one may be there."""
    capped = Cap("one of a brand", 1, brands("a", "a", "b"))
    answer = picks([Pin("first", 0, 1), Pin("second", 1, 2), capped], 3, 3)
    assert {place: pin.item for place, pin in answer.pins.items()} == {1: 0}
    assert items(answer.choose(pool({1: 2, 2: 1}), 2)) == [2]


def test_a_pin_that_may_not_be_shown_is_not() -> None:
    """The mask speaks before the pin."""
    allowed = np.array([False, True])
    assert RulePicks(RuleSet.of([Pin("a", 0, 1)]), 2, 2, allowed, ()).pins == {}


def test_diversity_by_hand() -> None:
    """λ = ½ over scores 1, .9, 0 with items 0 and 1 the same: after 0, item 1 is worth .45 - .5 and item 2 0 - 0."""
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    rule = Diversity("mixed", 0.5, VectorLikeness(vectors))
    assert items(picks([rule], 3, 3).choose(pool({0: 10, 1: 9, 2: 0}), 3)) == [0, 2, 1]


def test_diversity_looks_at_what_earlier_modules_gave() -> None:
    """Item 0 stands there already: of the next pool its double comes last, though it has the best score."""
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    answer = picks([Diversity("mixed", 0.4, VectorLikeness(vectors))], 3, 3)
    answer.choose(pool({0: 1}), 1)
    assert items(answer.choose(pool({1: 9, 2: 8}), 2)) == [2, 1]


def test_likeness_by_categories_is_the_share_in_common() -> None:
    """{0, 1} against {0, 1}, {0}, {2} and none: 1, ½, 0 and 0; nothing is like a product without categories."""
    held = ItemValues.of_pairs(np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 0, 2]), 5, 3)
    among = CategoryLikeness(held).among(np.arange(1, 5, dtype=np.int32))
    assert among(0).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert among(4).tolist() == [0.0] * 4


def direct(vectors: NDArray[np.float32], scores: NDArray[np.float64], k: int, relevance: float) -> list[int]:
    """Maximal marginal relevance as the paper writes it."""
    chosen: list[int] = []
    while len(chosen) < min(k, len(scores)):
        worth = {
            i: relevance * scores[i]
            - (1 - relevance) * max((float(vectors[i] @ vectors[j]) for j in chosen), default=0.0)
            for i in range(len(scores))
            if i not in chosen
        }
        chosen.append(max(worth, key=lambda i: worth[i]))
    return chosen


@pytest.mark.parametrize("relevance", [0.0, 0.3, 0.7, 1.0])
def test_diversity_is_maximal_marginal_relevance(relevance: float) -> None:
    """50 random products: the same choice, one by one."""
    rng = np.random.default_rng(int(10 * relevance))
    vectors = rng.normal(size=(50, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = np.sort(rng.uniform(size=50).astype(np.float32))[::-1]
    ranked = Ranked(np.arange(50, dtype=np.int32), scores.copy())
    found = picks([Diversity("mixed", relevance, VectorLikeness(vectors))], 15, 50).choose(ranked, 15)
    assert items(found) == direct(vectors, normalised(scores), 15, relevance)
