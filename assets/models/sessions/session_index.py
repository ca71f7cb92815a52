"""The arrays that a session query walks over, and the names of the features that it makes of them.

Belongs here: their layout and their counting. Not the query itself, which is compiled and therefore apart
(`assets.models.sessions.session_candidates`, `assets.models.sessions.session_features`): a release without a ranker
loads no compiler.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.models.ranked import FloatArray, IntArray
from assets.models.search.vector_cells import VectorCells
from assets.models.sessions.item_stats import ITEM_COLUMNS, item_stats, trending
from assets.models.sessions.item_vectors import ItemVectors
from assets.models.sessions.session_history import SessionHistory
from assets.models.sessions.session_knn import SessionKnn
from assets.models.sessions.session_parameters import SessionModelParameters

__all__ = ["FEATURES", "KNN_ARRAYS", "SessionIndex", "build_index"]

FEATURES: Final = (
    "knn", "knn_share", "knn_rank", "knn_count", "knn_best", "knn_recent", "knn_after", "knn_before",
    "covis", "covis_share", "covis_rank",
    "last_next", "last_after", "last_before", "last_any", "last_next_share", "last_rank",
    "second_next", "second_after", "second_before", "third_all", "covis_sources",
    "last_lift",
    "vector", "vector_gap", "vector_rank", "vector_last", "vector_last_rank", "vector_best", "vector_mean", "sources",
    "in_session", "clicks_ago", "first_clicks_ago", "is_last", "is_first", "followed_last",
    *ITEM_COLUMNS,
    "length", "distinct", "last_repeats", "last_pop_all", "last_pop_5", "last_self_rate", "knn_neighbours", "knn_mean",
)  # fmt: skip
"""Columns of the feature matrix, in order."""

KNN_ARRAYS = 5
"""The first arrays of the index, which `SessionKnn` saves."""


class SessionIndex(NamedTuple):
    """Read-only arrays that a query walks over; ``n`` items, ``d`` numbers a vector."""

    item_starts: NDArray[np.int64]
    item_sessions: IntArray
    session_starts: NDArray[np.int64]
    session_items: IntArray
    idf: FloatArray
    covis_starts: NDArray[np.int64]
    covis_partners: IntArray
    covis_values: FloatArray
    trending: IntArray
    """Items ever clicked, the most clicked of late first."""
    item_stats: FloatArray
    """float32[n, len(ITEM_COLUMNS)]."""
    vectors: FloatArray
    """float32[n, d] unit rows, of ``e`` members' parts; of zeros for an item never clicked."""
    centres: FloatArray
    """float32[c, d]: middles of the cells that the vectors are filed in."""
    cell_starts: NDArray[np.int64]
    cell_items: IntArray
    cell_vectors: FloatArray
    """Vectors once more, in the order of ``cell_items``, so that a cell is read from one place."""
    attention: FloatArray
    """float32[e, d / e, d / e]."""
    place_bias: FloatArray
    """float32[e, t]."""
    last_map: FloatArray
    """float32[e, d / e, d / e]."""
    mean_map: FloatArray
    """float32[e, d / e, d / e]."""
    knn_weights: FloatArray
    """float32[2]: recency and rarity (`assets.models.sessions.session_parameters`)."""


def build_index(
    history: SessionHistory, knn: SessionKnn, vectors: ItemVectors, p: SessionModelParameters
) -> SessionIndex:
    """Count everything that a query reads.

    Args:
        history: Past sessions.
        knn: Fitted on them.
        vectors: Learnt from them or from older ones.
        p: Half-life of co-visitation, weights of the neighbours, and the seed of the filing of the vectors.
    """
    from assets.models.sessions.covisitation import Covisitation

    covisits = Covisitation.fit(history, p.half_life)
    cells = VectorCells.build(vectors.vectors, p.seed)
    index = SessionIndex(
        *knn.arrays,
        covisits.starts,
        covisits.partners,
        covisits.values,
        trending(history),
        item_stats(history, p.half_life),
        vectors.vectors,
        cells.centres,
        cells.starts,
        cells.items,
        np.ascontiguousarray(vectors.vectors[cells.items]),
        vectors.attention,
        vectors.place_bias,
        vectors.last_map,
        vectors.mean_map,
        np.array([p.recency, p.rarity], dtype=np.float32),
    )
    for array in index:
        # As on disk: the query is compiled once, for read-only arrays.
        array.setflags(write=False)
    return index
