"""A query with what is known of its products, from judges or from what shoppers did."""

from typing import NamedTuple

from evaluation.arrays import Floats32

__all__ = ["JudgedQuery"]


class JudgedQuery(NamedTuple):
    """What search learns from."""

    query: str
    """Corrected as search would."""
    vector: Floats32
    """float32[d], the query's vector."""
    gains: dict[int, float]
    """Item → gain in [0, 3]; others count as 0."""
