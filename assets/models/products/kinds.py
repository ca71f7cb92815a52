"""Which products are of one kind: what a shopper who looks at the one may take instead.

Belongs here: telling it by categories. What a list does with products of another kind is its own matter.
"""

import numpy as np
from numpy.typing import NDArray

from assets.models.products.catalogue import Catalogue, ancestors
from evaluation.arrays import Bools

__all__ = ["ProductKinds"]

GUARD_DEPTH = 2
"""Steps of a category path that must be shared, where both products have as many."""
_NONE, _SEVERAL = -1, -2


class ProductKinds:
    """The kinds of a catalogue's products; one without categories may be of any kind."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Of every product by its categories."""
        paths = catalogue.frame["categories"].to_list()
        number: dict[tuple[str, ...], int] = {}
        self._number = np.array(
            [number.setdefault(tuple(path for path in of or () if path), len(number)) for of in paths], dtype=np.int32
        )
        self._kinds = [_kinds(of) for of in number]
        names: dict[frozenset[str], int] = {frozenset(): _NONE}
        # Nearly all products are of one kind, which a number tells as well.
        self._only = np.array(
            [_SEVERAL if len(of) > 1 else names.setdefault(of, len(names)) for of in self._kinds], dtype=np.int32
        )

    def same(self, items: NDArray[np.integer], others: NDArray[np.integer]) -> Bools:
        """bool[m]: which pairs have a category in common, or one of them none at all.

        Args:
            items: int[m] positions, or int[1] to compare one with all the others.
            others: int[m] positions.
        """
        one, other = np.broadcast_arrays(self._number[items], self._number[others])
        a, b = self._only[one], self._only[other]
        alike = (a == b) | (a == _NONE) | (b == _NONE)
        mixed = np.flatnonzero((a == _SEVERAL) | (b == _SEVERAL))
        if mixed.size:
            pairs = one[mixed].astype(np.int64) * len(self._kinds) + other[mixed]
            known, place = np.unique(pairs, return_inverse=True)
            alike[mixed] = np.array([self._alike(*divmod(pair, len(self._kinds))) for pair in known.tolist()])[place]
        return np.asarray(alike, dtype=np.bool_)

    def _alike(self, one: int, other: int) -> bool:
        a, b = self._kinds[one], self._kinds[other]
        return not a or not b or bool(a & b)


def _kinds(paths: tuple[str, ...]) -> frozenset[str]:
    """Categories that decide what kind of product it is: of each path the step at ``GUARD_DEPTH``, or its last."""
    steps = (ancestors(path) for path in paths)
    return frozenset(above[min(GUARD_DEPTH, len(above)) - 1] for above in steps if above)
