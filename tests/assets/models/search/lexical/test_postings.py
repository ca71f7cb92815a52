"""Inverted index: BM25F by hand, bm25s as oracle, rare terms dropped."""

from math import log
from pathlib import Path

import numpy as np
import pytest

from assets.models.search.lexical.postings import FieldTerms, Postings

WORDS = ["red", "blue", "lamp", "box", "desk", "usb", "12"]


def test_scores_are_those_of_bm25s() -> None:
    """The sum over the postings is what bm25s itself gives for the same terms."""
    import bm25s

    rng = np.random.default_rng(0)
    rows = [list(rng.choice(WORDS, rng.integers(1, 12))) for _ in range(300)]
    postings = Postings.build([FieldTerms(rows)], k1=1.5, b=0.75)
    oracle = bm25s.BM25(method="lucene", k1=1.5, b=0.75, backend="numpy")
    oracle.index(rows, show_progress=False)
    for query in (["red", "lamp"], ["usb", "desk", "box"], ["12"]):
        total = np.zeros(len(rows), dtype=np.float32)
        postings.add(query, total)
        np.testing.assert_allclose(total, oracle.get_scores(query), rtol=1e-5)


def test_bm25f_by_hand() -> None:
    """Three products, of which two have a text: lengths 2, 1, 3 (mean 2) and 4, 0, 2 (mean 3).

    b = .5 makes the divisors .5 + .5 · length / mean: 1, .75, 1.25 for the titles, 7/6 and 5/6 for the texts.
    """
    titles = FieldTerms([["lamp", "red"], ["lamp"], ["desk", "old", "old"]])
    texts = FieldTerms([["desk", "lamp", "lamp", "wood"], [], ["lamp", "wood"]], 0.5)
    postings = Postings.build([titles, texts], k1=1.0, b=0.5)
    assert [postings.count(term) for term in ("lamp", "desk", "wood", "red", "old")] == [3, 2, 2, 1, 1]
    frequencies = {
        "lamp": [1 / 1 + 0.5 * 2 / (7 / 6), 1 / 0.75, 0.5 * 1 / (5 / 6)],
        "desk": [0.5 * 1 / (7 / 6), 0, 1 / 1.25],
        "old": [0, 0, 2 / 1.25],
    }
    for term, of_items in frequencies.items():
        held = sum(f > 0 for f in of_items)
        idf = log(1 + (3 - held + 0.5) / (held + 0.5))
        total = np.zeros(3, dtype=np.float32)
        postings.add([term], total)
        np.testing.assert_allclose(total, [idf * f / (1 + f) for f in of_items], rtol=1e-6)


def test_fields_of_unequal_catalogues_are_refused() -> None:
    """A field of another number of items would score the wrong ones."""
    with pytest.raises(ValueError, match="shorter"):
        Postings.build([FieldTerms([["a"], ["b"]]), FieldTerms([["a"]])], k1=1.0, b=0.5)


def test_weights_unknown_and_rare_terms(tmp_path: Path) -> None:
    """A weight scales, an unknown term and one of too few items add nothing; a loaded index answers alike."""
    postings = Postings.build([FieldTerms([["a", "b"], ["a"], ["a", "c"], []])], k1=1.0, b=0.5, min_items=2)
    assert [postings.count(t) for t in "abcd"] == [3, 0, 0, 0]
    once, twice = np.zeros(4, np.float32), np.zeros(4, np.float32)
    postings.add(["a", "c", "unknown"], once)
    postings.save(tmp_path, "p")
    Postings.load(tmp_path, "p").add(["a"], twice, 2.0)
    assert (once[:3] > 0).all()
    assert once[3] == 0
    np.testing.assert_allclose(twice, 2 * once)
