"""Candidates of a small history and what is known of them, by hand."""

import numpy as np
import pytest

from assets.models.sessions.features import candidate_features
from assets.models.sessions.history import SessionHistory
from assets.models.sessions.index import FEATURES, SessionIndex, build_index
from assets.models.sessions.item_vectors import LAST_CLICKS, ItemVectors
from assets.models.sessions.parameters import SessionModelParameters
from assets.models.sessions.sources import MISSING_RANK
from assets.models.sessions.tuning import knn_of

EVERY_ITEM = np.zeros(0, dtype=np.bool_)
N_ITEMS = 6


@pytest.fixture(scope="module")
def index() -> SessionIndex:
    """Sessions 0 1 2, 0 1 and 3 4; nobody clicked item 5, and every item has a direction of its own."""
    history = SessionHistory(np.array([0, 3, 5, 7]), np.array([0, 1, 2, 0, 1, 3, 4], dtype=np.int32), N_ITEMS)
    half = (np.eye(N_ITEMS) / 2).astype(np.float32)[None]
    vectors = np.eye(N_ITEMS, dtype=np.float32)
    vectors[5] = 0
    places = np.zeros((1, LAST_CLICKS), dtype=np.float32)
    p = SessionModelParameters()
    return build_index(history, knn_of(history, p), ItemVectors(vectors, half * 0, places, half, half), p)


def rows(
    index: SessionIndex, viewed: list[int], allowed: np.ndarray, include_viewed: bool
) -> dict[int, dict[str, float]]:
    """Item → feature → value."""
    seq = np.array(viewed, dtype=np.int32)
    seq.setflags(write=False)
    items, features = candidate_features(index, seq, allowed, include_viewed, 300)
    assert features.shape == (len(items), len(FEATURES))
    return {
        item: dict(zip(FEATURES, row, strict=True)) for item, row in zip(items.tolist(), features.tolist(), strict=True)
    }


def test_who_is_a_candidate(index: SessionIndex) -> None:
    """All items ever clicked, as there are so few; those just viewed only where they are asked for."""
    assert set(rows(index, [0], EVERY_ITEM, False)) == {1, 2, 3, 4}
    assert set(rows(index, [0], EVERY_ITEM, True)) == {0, 1, 2, 3, 4}
    allowed = np.array([True, False, True, False, False, True])
    assert set(rows(index, [0], allowed, False)) == {2}


def test_what_past_sessions_say(index: SessionIndex) -> None:
    """Two of the sessions with 0 hold 1, one holds 2; 3 is in none, so that no source ranks it."""
    of = rows(index, [0], EVERY_ITEM, False)
    assert of[1]["knn_count"] == 2
    assert of[2]["knn_count"] == 1
    assert of[3]["knn_count"] == 0
    assert of[1]["knn_after"] > of[2]["knn_after"] > 0
    assert of[1]["last_next"] > 0
    assert of[2]["last_next"] == 0
    assert of[2]["last_after"] > 0
    assert of[3]["knn_rank"] == of[3]["covis_rank"] == MISSING_RANK


def test_where_an_item_stands_in_the_session(index: SessionIndex) -> None:
    """Of 0 1 0: item 0 twice, last and first, and it never followed itself at once; 1 once, one click ago."""
    of = rows(index, [0, 1, 0], EVERY_ITEM, True)
    assert [of[0][name] for name in ("in_session", "clicks_ago", "first_clicks_ago", "is_last", "is_first")] == [
        2, 0, 2, 1, 1,
    ]  # fmt: skip
    assert [of[1][name] for name in ("in_session", "clicks_ago", "is_last", "is_first", "followed_last")] == [
        1, 1, 0, 0, 1,
    ]  # fmt: skip
    assert [of[2][name] for name in ("in_session", "clicks_ago")] == [0, MISSING_RANK]
    assert {row["length"] for row in of.values()} == {3}
    assert {row["distinct"] for row in of.values()} == {2}
    assert {row["last_repeats"] for row in of.values()} == {2}
