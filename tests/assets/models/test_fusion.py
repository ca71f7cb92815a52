"""Rank fusion by hand."""

import numpy as np

from assets.models.fusion import fuse
from assets.models.ranked import Ranked, empty


def ranking(*items: int) -> Ranked:
    """Items best first with falling scores."""
    return Ranked(np.array(items, dtype=np.int32), np.linspace(1, 0.1, len(items), dtype=np.float32))


def test_by_hand() -> None:
    """Item 5 is second twice and beats both firsts: 2/62 > 1/61."""
    answer = fuse([ranking(1, 5, 3), ranking(2, 5)], 10)
    assert answer.items.tolist() == [5, 1, 2, 3]
    np.testing.assert_allclose(answer.scores, [2 / 62, 1 / 61, 1 / 61, 1 / 63], rtol=1e-6)


def test_cut() -> None:
    """Of equal scores the lower item stays."""
    assert fuse([ranking(2), ranking(1)], 1).items.tolist() == [1]


def test_nothing_in_nothing_out() -> None:
    """No rankings, or only empty ones, fuse to an empty one."""
    assert len(fuse([], 5).items) == 0
    assert len(fuse([empty(), empty()], 5).items) == 0
    assert fuse([empty(), ranking(7)], 5).items.tolist() == [7]
