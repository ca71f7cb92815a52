"""A ranker learns what judgments say and the blend does not."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.search.learnt.features import FEATURES, SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.model import LearntSearch, learn_search
from assets.models.search.learnt.ranker import RankerParts, SearchRanker
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.vectors.index import VectorIndex

COLOURS = ["red", "blue", "green", "white", "black", "brass"]
KINDS = ["lamp", "desk", "chair", "shelf", "vase", "clock", "rug", "stool"]


def _shop() -> tuple[LexicalIndex, VectorIndex, list[str]]:
    """Of each colour and kind the thing itself and a spare part for it, which comes first and is shorter."""
    texts = [text for c in COLOURS for k in KINDS for text in (f"Foot for {k} {c}", f"Acme fine {c} old {k} with foot")]
    vectors = np.random.default_rng(0).normal(size=(len(texts), 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return LexicalIndex.build(texts), VectorIndex.build(vectors), texts


def test_it_learns_and_survives_a_round_trip(tmp_path: Path) -> None:
    """Judged: who asks for a red lamp wants the lamp, not its spare part. Unseen kinds and colours follow."""
    lexical, vectors, texts = _shop()
    features = SearchFeatures.build(lexical, texts)
    rng = np.random.default_rng(1)
    judged = [
        JudgedQuery(
            f"{c} {k}", rng.normal(size=16).astype(np.float32), {texts.index(f"Acme fine {c} old {k} with foot"): 3.0}
        )
        for c in COLOURS
        for k in KINDS[:-1]
    ]
    learnt = learn_search(lexical, vectors, features, judged)
    query, vector = "red stool", rng.normal(size=16).astype(np.float32)
    wanted = texts.index("Acme fine red old stool with foot")
    found, looked = learnt.parts.look(query, vector)
    assert looked.shape == (found.items.size, len(FEATURES))
    assert np.isfinite(looked).all()
    assert lexical.search(query, 1).items.tolist() != [wanted]
    assert learnt.ranker.order(found, looked, 1).items.tolist() == [wanted]
    learnt.save(tmp_path)
    again = LearntSearch.load(tmp_path, lexical, vectors)
    np.testing.assert_array_equal(again.parts.look(query, vector)[1], looked)
    np.testing.assert_array_equal(again.answer(query, vector, 5)[1].items, learnt.answer(query, vector, 5)[1].items)


def test_the_order_of_the_queries_changes_nothing(tmp_path: Path) -> None:
    """The same judgments in another order make the same files."""
    lexical, vectors, texts = _shop()
    features = SearchFeatures.build(lexical, texts)
    judged = [JudgedQuery(f"{c} lamp", vectors.vectors[i], {i: 2.0, i + 1: 1.0}) for i, c in enumerate(COLOURS)]
    digests = []
    for name, queries in (("one", judged), ("other", judged[::-1])):
        folder = tmp_path / name
        folder.mkdir()
        learn_search(lexical, vectors, features, queries).save(folder)
        digests.append({p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()})
    assert digests[0] == digests[1]


def test_the_adapter_alone(tmp_path: Path) -> None:
    """Without its ranker the learnt search blends words with the adapted vector, before and after a round trip."""
    lexical, vectors, texts = _shop()
    judged = [JudgedQuery(f"{c} lamp", vectors.vectors[i], {i: 2.0}) for i, c in enumerate(COLOURS)]
    plain = learn_search(lexical, vectors, SearchFeatures.build(lexical, texts), judged).without_ranker()
    plain.save(tmp_path)
    assert not (tmp_path / "ranker.txt").exists()
    again = LearntSearch.load(tmp_path, lexical, vectors)
    found, order = again.answer("red lamp", vectors.vectors[3], 4)
    assert again.ranker is None
    assert set(order.items.tolist()) <= set(found.items.tolist())
    np.testing.assert_array_equal(order.items, plain.answer("red lamp", vectors.vectors[3], 4)[1].items)


def test_equal_products_look_alike() -> None:
    """Two products of one text and one vector have the same features: nothing tells which has the lower number."""
    texts = ["Acme red lamp", "Acme blue lamp", "Acme red lamp"]
    rows = np.eye(4, dtype=np.float32)[[0, 1, 0]]
    lexical, vectors = LexicalIndex.build(texts), VectorIndex.build(rows)
    parts = RankerParts(lexical, vectors, SearchFeatures.build(lexical, texts), None, None)
    found, looked = parts.look("red lamp", np.ones(4, dtype=np.float32))
    assert found.items.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(looked[0], looked[2])
    assert (looked[0] != looked[1]).any()


@pytest.mark.parametrize("query", ["", "zzz", "🔥", "of the", "1/2"])
def test_features_of_odd_queries(query: str) -> None:
    """Queries that no word of the catalogue answers still have finite features."""
    lexical, vectors, texts = _shop()
    parts = learn_search(
        lexical,
        vectors,
        SearchFeatures.build(lexical, texts),
        [JudgedQuery("lamp", vectors.vectors[i], {i: 1.0}) for i in range(3)],
    ).parts
    _, looked = parts.look(query, vectors.vectors[0])
    assert np.isfinite(looked).all()


def test_nothing_to_learn_from() -> None:
    """Judgments of products that search does not find teach no order."""
    with pytest.raises(ValueError, match="nothing to learn"):
        SearchRanker.fit([])
