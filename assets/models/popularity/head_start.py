"""A head start for new products, so that they are seen at all and then stand on what shoppers make of them.

Belongs here: how large it is. A list by past behaviour shows what was shown; a product without behaviour would wait for
ever. So on the day that it arrives a product counts as a good one of its category, and half as much each half-life
later.
"""

import numpy as np
from numpy.typing import NDArray

from assets.models.products.catalogue import Catalogue
from evaluation.arrays import Floats32

__all__ = ["head_starts"]

QUANTILE = 0.9
"""Of the scores within a category: what "a good one" is."""


def head_starts(
    score: Floats32, catalogue: Catalogue, arrived_days: NDArray[np.floating], half_life_days: float
) -> Floats32:
    """What is added to each product's popularity: float32[n_items] ≥ 0.

    Args:
        score: float32[n_items], popularity without it.
        catalogue: Of the same products; a product of several categories, or of those above one, takes the lowest of
            their good scores, and one without any takes none.
        arrived_days: float64[n_items] ≥ 0 since each product arrived; infinite for no head start.
        half_life_days: Above 0.
    """
    good = np.full(len(score), np.inf)
    for name in catalogue.category_names:
        members = catalogue.category_members(name)
        good[members] = np.minimum(good[members], np.quantile(score[members], QUANTILE))
    good[np.isinf(good)] = 0
    return np.asarray(good * np.exp2(-arrived_days / half_life_days), dtype=np.float32)
