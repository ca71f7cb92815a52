"""Which products match and in which order, by hand and against the rule said once more in full."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.search.learnt.features import SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.model import LearntSearch
from assets.models.search.learnt.query_memory import QueryMemory
from assets.models.search.learnt.ranker import RankerParts
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.matching import FIRST_PLACES, SearchModels, has_words
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter

TEXTS = ["red lamp", "red desk", "blue chair", "green vase", "white rug", "red clock"]
ROWS = np.eye(len(TEXTS), dtype=np.float32)
"""Of each text a direction of its own."""


def models(learnt: LearntSearch | None = None, popularity: np.ndarray | None = None) -> SearchModels:
    """Six products, equally popular."""
    seen = np.ones(len(TEXTS), dtype=np.float32) if popularity is None else popularity.astype(np.float32)
    return SearchModels(LexicalIndex.build(TEXTS), VectorIndex.build(ROWS), learnt, seen)


def parts(adapter: QueryAdapter | None, memory: QueryMemory | None) -> LearntSearch:
    """What was learnt, without a ranker."""
    lexical = LexicalIndex.build(TEXTS)
    return LearntSearch(
        RankerParts(lexical, VectorIndex.build(ROWS), SearchFeatures.build(lexical, TEXTS), adapter, memory), None
    )


def towards(*shares: float) -> np.ndarray:
    """A query vector."""
    vector = np.zeros(len(TEXTS), dtype=np.float32)
    vector[: len(shares)] = shares
    return vector


def test_words_match_where_they_are_nearly_as_good_as_the_best() -> None:
    """Of `red lamp` desk and clock hold the common word alone: below .4 of the lamp's score they are no match."""
    scores = LexicalIndex.build(TEXTS).scores("red lamp")
    assert 0 < scores[1] < 0.4 * scores[0]
    found = models().match("red lamp", None)
    assert np.flatnonzero(found.matching).tolist() == [0]
    assert np.flatnonzero(found.any_word()).tolist() == [0, 1, 5]
    assert np.flatnonzero(models().match("red", None).matching).tolist() == [0, 1, 5]


def test_meaning_matches_where_it_is_close_enough() -> None:
    """Of cosines .8, .57 and .16 the second is above .7 of the best, the third is not; below .3 there are none."""
    vector = towards(0, 0, 0.8, 0.57, 0.16)
    found = models().match("zzz", vector)
    assert np.flatnonzero(found.matching).tolist() == [2, 3]
    assert found.any_meaning().all()
    assert not models()._replace(vectors=VectorIndex.build(-ROWS)).match("zzz", vector).matching.any()


def test_what_like_queries_found_matches() -> None:
    """No word and no direction leads to the clock: it is there for those who ask alike, and only then."""
    asked = towards(0, 0, 0, 0, 1)
    memory = QueryMemory.build([JudgedQuery("time for tea", asked, {5: 3.0})], len(TEXTS))
    with_memory = models(parts(None, memory))
    assert np.flatnonzero(models().match("tea time", asked).matching).tolist() == [4]
    found = with_memory.match("tea time", asked)
    assert np.flatnonzero(found.matching).tolist() == [4, 5]
    assert sorted(found.best(9).tolist()) == [4, 5]
    unlike = towards(0, 0, 0, 1, 0.9)
    assert np.flatnonzero(with_memory.match("tea time", unlike).matching).tolist() == [3, 4]


def test_what_is_close_to_the_adapted_vector_matches() -> None:
    """The adapter maps what points to the rug to the vase: both match, and without it the rug alone."""
    weights = np.eye(len(TEXTS), dtype=np.float32)
    weights[4] = ROWS[3]
    found = models(parts(QueryAdapter(weights), None)).match("zzz", ROWS[4])
    assert np.flatnonzero(found.matching).tolist() == [3, 4]
    assert found.best(1).tolist() == [3]


def test_popularity_decides_between_products_that_match_alike() -> None:
    """Lamp and desk hold `red` alike and mean as much: the desk is looked at; it does not beat the better match."""
    vector, popular = towards(0.6, 0.6, 0.53), np.array([0, 9, 0, 0, 0, 0])
    assert models().match("red", vector).best(9).tolist()[:2] == [0, 1]
    assert models(popularity=popular).match("red", vector).best(9).tolist()[:2] == [1, 0]
    assert models(popularity=popular).match("red lamp", vector).best(9).tolist()[:1] == [0]


def test_without_an_index_the_other_one_decides() -> None:
    """Words in their own order, meaning in its own; with neither nothing."""
    vector = towards(0, 0, 0.6, 0.8)
    assert models()._replace(vectors=None).match("blue lamp", vector).best(9).tolist() == [0, 2]
    assert models()._replace(lexical=None).match("red lamp", vector).best(9).tolist() == [3, 2]
    nothing = models()._replace(lexical=None, vectors=None).match("red lamp", vector)
    assert not nothing.matching.any()
    assert not nothing.best(9).size


@pytest.mark.parametrize("query", ["", "zzz", "🔥", "of the"])
def test_a_query_of_no_word_and_no_vector_matches_nothing(query: str) -> None:
    """Whatever it is."""
    found = models().match(query, None)
    assert not found.matching.any()
    assert not found.best(3).size


def test_whether_there_is_anything_to_encode() -> None:
    """Letters and digits of any script are words, signs are not."""
    assert [has_words(q) for q in ("lamp", "7", "ランプ", "!?", " ", "🔥")] == [True, True, True, False, False, False]


@pytest.fixture(scope="module")
def wide() -> tuple[SearchModels, list[np.ndarray]]:
    """400 products, more of which match than there are first places."""
    rng = np.random.default_rng(3)
    words = ["lamp", "desk", "red", "blue", "old", "new"]
    texts = [" ".join(rng.choice(words, 3)) + f" {i}" for i in range(400)]
    rows = rng.normal(size=(400, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    lexical, vectors = LexicalIndex.build(texts), VectorIndex.build(rows)
    memory = QueryMemory.build([JudgedQuery("old", rows[i], {i: 1.0, i + 1: 2.0}) for i in range(40)], 400)
    adapter = QueryAdapter((np.eye(8) + 0.1 * rng.normal(size=(8, 8))).astype(np.float32))
    ranker_parts = RankerParts(lexical, vectors, SearchFeatures.build(lexical, texts), adapter, memory)
    popularity = rng.exponential(size=400).astype(np.float32)
    return SearchModels(lexical, vectors, LearntSearch(ranker_parts, None), popularity), list(rows[:5] + 0.2)


@pytest.mark.parametrize("query", ["lamp", "red desk", "lamp blue old", "zzz"])
def test_the_order_is_one_of_all_that_matches(
    wide: tuple[SearchModels, list[np.ndarray]], query: str, tmp_path: Path
) -> None:
    """Each product that matches once, the same first ones however many are asked for, and words behind the first."""
    everything, vectors = wide
    for vector in vectors:
        for some in (everything, everything._replace(learnt=None), everything._replace(vectors=None)):
            found = some.match(query, vector)
            whole = found.best(400).tolist()
            assert sorted(whole) == np.flatnonzero(found.matching).tolist()
            assert len(set(whole)) == len(whole)
            for k in (1, 24, FIRST_PLACES, FIRST_PLACES + 7):
                assert found.best(k).tolist() == whole[:k]
            behind = found.words[whole[FIRST_PLACES:]]
            assert (np.diff(behind[behind > 0]) <= 0).all()


def test_a_mask_leaves_the_order_of_the_rest_possible(wide: tuple[SearchModels, list[np.ndarray]]) -> None:
    """No step gives a product that is not shown."""
    everything, vectors = wide
    found = everything.match("lamp", vectors[0])
    shown = found.matching & (np.arange(400) % 3 == 0)
    for step in (found.first_places(shown), found.by_words(shown, 400), found.by_meaning(shown, 400)):
        assert shown[step.items].all()
    assert found.first_places(shown).items.size == min(FIRST_PLACES, int(shown.sum()))
