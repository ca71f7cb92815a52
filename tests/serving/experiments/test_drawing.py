"""Who gets which arm."""

import hashlib

import pytest

from resources.shop import Change, Experiment
from serving.experiments.drawing import CHALLENGER, CHAMPION, drawn_arm

CHANGE = Change(personalisation=False)
HALVES = Experiment(change=CHANGE)
UNITS = [f"u{n}" for n in range(20_000)]


def test_arm_by_the_definition() -> None:
    """The second eight bytes of SHA-256, below the challenger's share."""
    for unit in UNITS[:50]:
        draw = int.from_bytes(hashlib.sha256(f"e\0\0{unit}".encode()).digest()[8:16]) / 2**64
        assert drawn_arm("e", HALVES, unit) == (CHALLENGER if draw < 0.5 else CHAMPION, 0.5)


def test_shares_are_as_declared() -> None:
    """A tenth of 40 % gets the challenger, within four standard errors; the probability is that of the arm."""
    one = Experiment(change=CHANGE, share=0.4, challenger_share=0.1)
    arms = [arm for unit in UNITS if (arm := drawn_arm("e", one, unit)) is not None]
    assert len(arms) == pytest.approx(8_000, abs=4 * (20_000 * 0.24) ** 0.5)
    challengers = [arm for arm in arms if arm.arm == CHALLENGER]
    assert len(challengers) == pytest.approx(len(arms) * 0.1, abs=4 * (len(arms) * 0.09) ** 0.5)
    assert {arm.probability for arm in challengers} == {0.1}
    assert {arm.probability for arm in arms if arm.arm == CHAMPION} == {0.9}


def test_a_larger_share_moves_nobody() -> None:
    """Units that entered keep their arm when more may enter."""
    small, large = (Experiment(change=CHANGE, share=share) for share in (0.2, 0.6))
    inside = {unit: arm for unit in UNITS[:2_000] if (arm := drawn_arm("e", small, unit)) is not None}
    assert inside
    assert all(drawn_arm("e", large, unit) == arm for unit, arm in inside.items())


@pytest.mark.parametrize(("name", "salt"), [("f", ""), ("e", "again")])
def test_other_experiments_are_independent(name: str, salt: str) -> None:
    """Another id or salt draws anew: half of one arm is in the other's."""
    other = Experiment(change=CHANGE, salt=salt)
    same = sum(drawn_arm("e", HALVES, unit) == drawn_arm(name, other, unit) for unit in UNITS)
    assert same == pytest.approx(10_000, abs=4 * 5_000**0.5)


def test_any_text_is_an_id() -> None:
    """Also one that is no proper Unicode."""
    assert drawn_arm("e", HALVES, "\ud800") is not None
