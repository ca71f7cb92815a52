"""Borrowed partners by hand."""

import numpy as np
import pytest

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.cold_start import DISCOUNT, with_borrowed_partners
from assets.models.ranked import Ranked

ALIKE = {4: ([5, 0, 1, 2], [0.9, 0.8, 0.2, -0.1]), 5: ([4], [0.9])}
"""4 is like 5, which is as new, most like 0, a little like 1, and unlike 2."""


def nearest(item: int, k: int) -> Ranked:
    """The k most alike of the table above."""
    items, scores = ALIKE.get(item, ([], []))
    return Ranked(np.array(items[:k], dtype=np.int32), np.array(scores[:k], dtype=np.float32))


@pytest.fixture
def together() -> CoPurchase:
    """0 goes with 2 and, less, with 3; 1 goes with 3; 4 and 5 are new."""
    pairs = np.array([(0, 2)] * 9 + [(0, 3)] * 3 + [(1, 3)] * 9)
    return CoPurchase.fit(np.repeat(np.arange(len(pairs)), 2), pairs.ravel(), 6)


def asked(model: CoPurchase, item: int) -> dict[int, float]:
    """Partner → score, best first."""
    return dict(zip(*(column.tolist() for column in model.related([item], 9)), strict=True))


def test_by_hand(together: CoPurchase) -> None:
    """4 takes the partners of 0 and 1 by their likeness, at half; 5 has nobody to borrow from."""
    model = with_borrowed_partners(together, nearest)
    of_0, of_1, of_4 = asked(together, 0), asked(together, 1), asked(model, 4)
    assert of_4.keys() == {2, 3}
    assert of_4[2] == pytest.approx(DISCOUNT * 0.8 * 0.8 * of_0[2], rel=1e-5)
    assert of_4[3] == pytest.approx(DISCOUNT * (0.8 * 0.8 * of_0[3] + 0.2 * 0.2 * of_1[3]), rel=1e-5)
    assert asked(model, 5) == {}


def test_a_new_product_stands_behind_what_baskets_say(together: CoPurchase) -> None:
    """It is offered beside its borrowed partners, after their own, whose scores stay."""
    model = with_borrowed_partners(together, nearest)
    assert list(asked(model, 2)) == [0, 4]
    assert asked(model, 2)[0] == asked(together, 2)[0]
    assert asked(model, 0) == asked(together, 0)


def test_nothing_new_changes_nothing() -> None:
    """Where every product has partners the model is as it was."""
    full = CoPurchase.fit(np.repeat(np.arange(4), 2), np.array([0, 1] * 4), 2)
    assert with_borrowed_partners(full, nearest) is full
