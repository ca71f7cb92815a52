"""The arrays that a session query walks over, and the names of the features that it makes of them.

Belongs here: their layout and their counting. Not the query itself, which is compiled and therefore apart
(`assets.models.sessions.candidates`, `assets.models.sessions.features`): a release without a ranker
loads no compiler.
"""

from typing import Final, NamedTuple

import numpy as np

from assets.models.sessions.history import SessionHistory
from assets.models.sessions.item_stats import ITEM_COLUMNS, item_stats, trending
from assets.models.sessions.item_vectors import ItemVectors
from assets.models.sessions.knn import SessionKnn
from assets.models.sessions.parameters import SessionModelParameters
from assets.models.sessions.vector_cells import VectorCells
from evaluation.arrays import Floats32, Ints, Ints32

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

    item_starts: Ints
    item_sessions: Ints32
    session_starts: Ints
    session_items: Ints32
    idf: Floats32
    covis_starts: Ints
    covis_partners: Ints32
    covis_values: Floats32
    trending: Ints32
    """Items ever clicked, the most clicked of late first."""
    item_stats: Floats32
    """float32[n, len(ITEM_COLUMNS)]."""
    vectors: Floats32
    """float32[n, d] unit rows, of ``e`` members' parts; of zeros for an item never clicked."""
    centres: Floats32
    """float32[c, d]: middles of the cells that the vectors are filed in."""
    cell_starts: Ints
    cell_items: Ints32
    cell_vectors: Floats32
    """Vectors once more, in the order of ``cell_items``, so that a cell is read from one place."""
    attention: Floats32
    """float32[e, d / e, d / e]."""
    place_bias: Floats32
    """float32[e, t]."""
    last_map: Floats32
    """float32[e, d / e, d / e]."""
    mean_map: Floats32
    """float32[e, d / e, d / e]."""
    knn_weights: Floats32
    """float32[2]: recency and rarity (`assets.models.sessions.parameters`)."""


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
