"""Slots of banners as a shop declares them."""

import pytest

from resources.shop import Slot
from resources.shop.slots import slot_faults


@pytest.mark.parametrize(
    ("slot", "fault"),
    [
        (Slot(policy="lin_ts"), "no features"),
        (Slot(features=["page"]), "which thompson does not heed"),
        (Slot(policy="lin_ucb", features=["user_id"]), "feature user_id"),
        (Slot(policy="lin_ucb", features=["page", "page"]), "twice"),
        (Slot(policy="lin_ucb", features=["user.age"]), "the feature user.age: of users there are user.segment"),
    ],
)
def test_what_cannot_be_meant_is_told(slot: Slot, fault: str) -> None:
    """One fault each, with the slot's name."""
    faults = list(slot_faults({"home": slot}))
    assert len(faults) == 1
    assert faults[0].startswith("[slots.home] ")
    assert fault in faults[0]


def test_what_can_be_meant_is_not() -> None:
    """Defaults, and a policy with its features."""
    assert not list(slot_faults({"home": Slot(), "cart": Slot(policy="lin_ts", features=["page"])}))
    assert "has a name of 0" in next(slot_faults({"": Slot()}))
