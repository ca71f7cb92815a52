"""Inverted index: bm25s as oracle, rare terms dropped."""

from pathlib import Path

import numpy as np

from assets.models.search.postings import Postings

WORDS = ["red", "blue", "lamp", "box", "desk", "usb", "12"]


def test_scores_are_those_of_bm25s() -> None:
    """The sum over the postings is what bm25s itself gives for the same terms."""
    import bm25s

    rng = np.random.default_rng(0)
    rows = [list(rng.choice(WORDS, rng.integers(1, 12))) for _ in range(300)]
    postings = Postings.build(rows, k1=1.5, b=0.75)
    oracle = bm25s.BM25(method="lucene", k1=1.5, b=0.75, backend="numpy")
    oracle.index(rows, show_progress=False)
    for query in (["red", "lamp"], ["usb", "desk", "box"], ["12"]):
        total = np.zeros(len(rows), dtype=np.float32)
        postings.add(query, total)
        np.testing.assert_allclose(total, oracle.get_scores(query), rtol=1e-5)


def test_weights_unknown_and_rare_terms(tmp_path: Path) -> None:
    """A weight scales, an unknown term and one of too few items add nothing; a loaded index answers alike."""
    postings = Postings.build([["a", "b"], ["a"], ["a", "c"], []], k1=1.0, b=0.5, min_items=2)
    assert [postings.count(t) for t in "abcd"] == [3, 0, 0, 0]
    once, twice = np.zeros(4, np.float32), np.zeros(4, np.float32)
    postings.add(["a", "c", "unknown"], once)
    postings.save(tmp_path, "p")
    Postings.load(tmp_path, "p").add(["a"], twice, 2.0)
    assert (once[:3] > 0).all()
    assert once[3] == 0
    np.testing.assert_allclose(twice, 2 * once)
