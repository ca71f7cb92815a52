"""Arms drawn by lot within strata."""

import numpy as np
import pytest

from assets.models.uplift.targeting.assignment import drawn_arms, lots, shares_fault

SHARES = {"control": 0.2, "mail": 0.3, "voucher": 0.5}
USERS = [f"u{number}" for number in range(2_003)]
STRATA = [f"s{number % 7 * number % 11}" for number in range(2_003)]


def test_every_stratum_has_the_shares() -> None:
    """Rounded up or down in each; the control's over all of them too."""
    arms = drawn_arms(USERS, STRATA, SHARES, "seed")
    for name in sorted(set(STRATA)):
        inside = arms[[stratum == name for stratum in STRATA]]
        for arm, share in enumerate(SHARES.values()):
            assert abs(int((inside == arm).sum()) - share * inside.size) < 1
    assert abs(int((arms == 0).sum()) - 0.2 * len(USERS)) < 1


def test_a_seed_gives_the_same_arms_in_any_order() -> None:
    """And another seed gives others."""
    arms = dict(zip(USERS, drawn_arms(USERS, STRATA, SHARES, "seed").tolist(), strict=True))
    order = np.random.default_rng(1).permutation(len(USERS))
    mixed, of = [USERS[i] for i in order], [STRATA[i] for i in order]
    assert dict(zip(mixed, drawn_arms(mixed, of, SHARES, "seed").tolist(), strict=True)) == arms
    assert (drawn_arms(USERS, STRATA, SHARES, "other") != list(arms.values())).mean() > 0.4


def test_the_draw_of_a_seed_stays() -> None:
    """What a kept seed means must not change with a version: these were drawn once."""
    assert lots(["u1", "ü"], "seed", "arm").tolist() == [5571834578692493809, 1633079730601650374]
    arms = drawn_arms([f"u{number}" for number in range(12)], ["a"] * 7 + ["b"] * 5, SHARES, "seed")
    assert arms.tolist() == [1, 1, 2, 2, 2, 0, 2, 1, 1, 2, 0, 2]


def test_everybody_has_each_arm_with_its_share() -> None:
    """Over 4,000 seeds, of users alone in their strata too: within four standard errors."""
    users, strata = ["a", "b", "c", "d", "e", "lone"], ["s"] * 5 + ["t"]
    drawn = np.array([drawn_arms(users, strata, SHARES, f"seed {number}") for number in range(4_000)])
    for arm, share in enumerate(SHARES.values()):
        assert (drawn == arm).mean(axis=0) == pytest.approx(share, abs=4 * (share * (1 - share) / 4_000) ** 0.5)


def test_nobody_at_all() -> None:
    """Has no arm."""
    assert drawn_arms([], [], SHARES, "seed").tolist() == []


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ({"control": 0.5}, "needs the control and a treatment"),
        ({"control": 0.5, "a": 0.4}, "add up to 0.9"),
        ({"control": 0.0, "a": 1.0}, "share of 'control' is 0"),
        ({"control": 0.0001, "a": 0.9999}, "0.001 or more"),
        ({"control": float("nan"), "a": 0.5}, "share of 'control' is nan"),
    ],
)
def test_shares_that_cannot_be_drawn(shares: dict[str, float], told: str) -> None:
    """Are told with the remedy."""
    with pytest.raises(ValueError, match=told):
        drawn_arms(["a"], ["s"], shares, "seed")
    assert shares_fault(SHARES) is None


def test_a_user_is_drawn_once() -> None:
    """Who is there twice has two arms."""
    with pytest.raises(ValueError, match="twice"):
        drawn_arms(["a", "a"], ["s", "t"], SHARES, "seed")
