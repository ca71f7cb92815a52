"""Products that are sold out, in the order of a search: behind what matches as well and can be bought.

Belongs here: how far back. They stay findable, and none falls behind a product that holds fewer words of the query.
"""

import numpy as np

from evaluation.arrays import Bools, Floats32

__all__ = ["behind_equals"]

EQUAL_SHARE = 0.15
"""Of the best score: what so little less matches as well."""


def behind_equals(scores: Floats32, sold_out: Bools, well_matched: Bools) -> Floats32:
    """``scores`` with those of ``sold_out`` lowered by `EQUAL_SHARE` of the best, or of their range if that is more.

    Args:
        scores: float32[m]; 0 and less stay so, and what is above 0 does.
        sold_out: bool[m].
        well_matched: bool[m] of the products that hold as many words of the query as any does.
    """
    if not scores.size or not sold_out.any():
        return scores
    best, worst = float(scores.max()), float(scores.min())
    lowered = scores - np.float32(EQUAL_SHARE * max(best - worst, abs(best)))
    if worst >= 0:
        lowered = np.maximum(lowered, scores * np.float32(EQUAL_SHARE / 10))
    others = scores[~well_matched]
    if others.size:
        above = np.nextafter(others.max(), np.float32(np.inf), dtype=np.float32)
        lowered = np.where(well_matched, np.maximum(lowered, np.minimum(scores, above)), lowered)
    return np.where(sold_out, lowered, scores).astype(np.float32)
