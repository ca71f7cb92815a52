"""The holdout is a fixed share of users, told by their id alone."""

import numpy as np

from assets.models.uplift.holdout import HOLDOUT_SHARE, is_holdout


def test_share_and_stability() -> None:
    """About 30 % of ids; an id's side does not depend on the others beside it."""
    ids = [f"user-{number}" for number in range(20_000)]
    held = is_holdout(ids)
    assert abs(held.mean() - HOLDOUT_SHARE) < 0.01
    np.testing.assert_array_equal(is_holdout(ids[::-1]), held[::-1])
    # Written down once: these must never move, or a model would be measured on users it was trained on.
    assert is_holdout(["user-0", "user-1", "user-2", "user-3", "ü", ""]).tolist() == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]


def test_empty() -> None:
    """No users, no flags."""
    assert is_holdout([]).shape == (0,)
