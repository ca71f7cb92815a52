"""A query with what is known of its products, from judges or from what shoppers did."""

from typing import NamedTuple

from assets.models.ranked import FloatArray

__all__ = ["JudgedQuery"]


class JudgedQuery(NamedTuple):
    """What search learns from."""

    query: str
    """Corrected as search would."""
    vector: FloatArray
    """float32[d], the query's vector."""
    gains: dict[int, float]
    """Item → gain in [0, 3]; others count as 0."""
