"""What rules come to together."""

import numpy as np

from assets.models.rules.effects import NO_RULES, Allowed, Bought, Lift, Pin, RuleSet

FIRST, SECOND = np.array([True, True, False]), np.array([False, True, True])


def test_masks_are_all_kept_and_lifts_added_up() -> None:
    """Of two masks the common product; of two lifts the sum."""
    rules = RuleSet.of(
        [Allowed("a", FIRST), Lift("up", FIRST, 0.5), Allowed("b", SECOND), Lift("down", SECOND, -0.25), Bought("c")]
    )
    assert rules.allowed is not None
    assert rules.lift is not None
    assert rules.allowed.tolist() == [False, True, False]
    assert rules.lift.tolist() == [0.5, 0.25, -0.25]
    assert rules.leaves_out_bought
    assert rules.reorders


def test_the_first_pin_of_a_product_counts_and_pins_go_by_place() -> None:
    """Product 7 keeps place 3."""
    rules = RuleSet.of([Pin("late", 7, 3), Pin("early", 8, 1), Pin("again", 7, 2)])
    assert [(pin.item, pin.place) for pin in rules.pins] == [(8, 1), (7, 3)]
    assert not rules.reorders


def test_no_effect_is_no_rule() -> None:
    """Nothing is masked, lifted or reordered."""
    assert RuleSet.of([]) == NO_RULES
