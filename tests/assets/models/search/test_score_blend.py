"""The blend of words and meaning by hand and by brute force."""

import numpy as np
import pytest

from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.score_blend import blend, find_candidates
from assets.models.search.vectors.index import VectorIndex

TEXTS = ["red lamp", "blue lamp", "red desk", "green chair", "red red lamp shade"]


def _indexes(seed: int = 0) -> tuple[LexicalIndex, VectorIndex]:
    vectors = np.random.default_rng(seed).normal(size=(len(TEXTS), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return LexicalIndex.build(TEXTS), VectorIndex.build(vectors)


def test_as_by_brute_force() -> None:
    """Every candidate has both exact scores, whichever search found it; the mask is kept."""
    lexical, vectors = _indexes()
    query = np.arange(1, 9, dtype=np.float32)
    allowed = np.array([True, True, True, True, False])
    found = find_candidates(lexical, vectors, "red lamp", query, 2, allowed)
    cosine = vectors.vectors @ query / np.linalg.norm(query)
    np.testing.assert_allclose(found.meaning, cosine[found.items], atol=1e-6)
    np.testing.assert_allclose(found.words, lexical.scores("red lamp")[found.items])
    assert set(found.items.tolist()) >= {0}
    assert 4 not in found.items
    assert found.top_words == pytest.approx(float(lexical.scores("red lamp")[0]))


def test_the_share_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of 1 is the order of words, of 0 that of meaning; scores lie in [0, 1] and fall."""
    lexical, vectors = _indexes()
    query = vectors.vectors[3]
    found = find_candidates(lexical, vectors, "red lamp", query, 5)
    scores = blend(found, 5).scores
    monkeypatch.setattr("assets.models.search.score_blend.WORDS_SHARE", 1.0)
    assert blend(found, 3).items.tolist() == lexical.search("red lamp", 3).items.tolist()
    monkeypatch.setattr("assets.models.search.score_blend.WORDS_SHARE", 0.0)
    assert blend(found, 1).items.tolist() == [3]
    assert (np.diff(scores) <= 0).all()
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_edges() -> None:
    """Unknown words leave meaning, no allowed item leaves nothing."""
    lexical, vectors = _indexes()
    query = vectors.vectors[3]
    assert blend(find_candidates(lexical, vectors, "zzz", query), 1).items.tolist() == [3]
    nobody = np.zeros(len(TEXTS), dtype=np.bool_)
    assert not blend(find_candidates(lexical, vectors, "red", query, 5, nobody), 3).items.size
