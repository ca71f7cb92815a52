"""Similar items over a shop drawn by hand: text, views, kinds, complements, variants."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.products.catalogue import Catalogue
from assets.models.search.similar.items import SimilarItems
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from assets.models.sessions.knn import SessionKnn

TITLES = ["Oak lamp", "Pine lamp", "Oak lamp red", "Oak lamp blue", "Lamp oil", "Oak tree", "Elm lamp", "Elm lamp."]
PATHS = [*[["Home > Light > Lamps"]] * 5, ["Garden > Trees"], ["Home > Light"], None]


def catalogue(titles: list[str], paths: list[list[str] | None]) -> Catalogue:
    """Products p00, p01, … of one brand."""
    n = len(titles)
    return Catalogue.build(
        pl.DataFrame(
            {
                "product_id": [f"p{i:02d}" for i in range(n)],
                "title": titles,
                "brand": ["Acme"] * n,
                "categories": paths,
                "price": [1.0] * n,
                "in_stock": [True] * n,
            },
            schema_overrides={"categories": pl.List(pl.String)},
        )
    )


def vectors() -> NDArray[np.float32]:
    """Cosine to p00 falls from p01 on; p07's text is p06's."""
    angle = np.array([0, 0.3, 0.55, 0.6, 1.35, 0.1, 0.9, 0.9])
    rows = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return rows.astype(np.float32)


def sessions(pairs: list[tuple[int, int]]) -> SessionKnn:
    """One session for each pair."""
    item = np.array(pairs, dtype=np.int32).reshape(-1)
    return SessionKnn.fit(np.repeat(np.arange(len(pairs)), 2), item, np.arange(item.size), len(TITLES))


def test_text_alone_with_one_of_each_product_of_its_kind() -> None:
    """p05 is nearest but a tree; p03 is a variant of p02; p07 says what p06 says; the order is the cosine's."""
    shop = SimilarItems(catalogue(TITLES, PATHS), VectorIndex.build(vectors()), None, None)
    found = shop.similar(0, 8)
    assert found.ranked.items.tolist() == [1, 2, 6, 4]
    assert found.ranked.scores.tolist() == pytest.approx([0.7 * np.cos(a) for a in (0.3, 0.55, 0.9, 1.35)], abs=1e-5)
    assert found.co_viewed == frozenset()
    allowed = np.array([True, False, False, True, True, True, False, True])
    assert shop.similar(0, 8, allowed).ranked.items.tolist() == [3, 7, 4]
    assert shop.similar(0, 1).ranked.items.tolist() == [1]


def test_views_in_the_same_sessions_count() -> None:
    """p06 shares all 40 of p00's sessions: .3 · 40 / 45 lifts it above p01, and the answer says so."""
    shop = SimilarItems(catalogue(TITLES, PATHS), VectorIndex.build(vectors()), sessions([(0, 6)] * 40), None)
    found = shop.similar(0, 3)
    assert found.ranked.items.tolist() == [6, 1, 2]
    assert found.ranked.scores[0] == pytest.approx(0.7 * np.cos(0.9) + 0.3 * 40 / 45, abs=1e-5)
    assert found.co_viewed == {6}
    seldom = SimilarItems(catalogue(TITLES, PATHS), VectorIndex.build(vectors()), sessions([(0, 6), (1, 2)]), None)
    assert seldom.similar(0, 3).co_viewed == frozenset()


def test_an_adapter_asks_for_another_vector() -> None:
    """Turned by .9, the lamp at 0 asks for those at .9; the rules of kind and variants are as before.

    The oil, which texts put at 1.35 and the turned space at .45, stays a complement: that is told by the texts.
    """
    turn = np.array([[np.cos(0.9), np.sin(0.9)], [-np.sin(0.9), np.cos(0.9)]], dtype=np.float32)
    goods, index = catalogue(TITLES, PATHS), VectorIndex.build(vectors())
    turned = SimilarItems(goods, index, None, None, QueryAdapter(turn))
    found = turned.similar(0, 8).ranked
    # Of equal ones the first; p03 is the nearer of two variants, and p02, the other, would hold its place alone.
    assert found.items.tolist() == [6, 3, 4, 1]
    assert found.scores.tolist() == pytest.approx([0.7 * np.cos(a) for a in (0, 0.3, 0.45, 0.6)], abs=1e-5)
    plain = SimilarItems(goods, index, None, None)
    assert plain.with_models(None, QueryAdapter(turn)).similar(0, 8).ranked.items.tolist() == [6, 3, 4, 1]
    assert plain.similar(0, 8).ranked.items.tolist() == [1, 2, 6, 4]
    purchases = CoPurchase.fit(np.repeat(np.arange(5), 2), np.array([0, 4] * 5), len(TITLES))
    with_purchases = SimilarItems(goods, index, None, purchases, QueryAdapter(turn))
    assert with_purchases.similar(0, 8).ranked.items.tolist() == [6, 3, 1]


def test_an_adapter_scores_what_sessions_find_too() -> None:
    """The last of 200 is beyond what the vectors find; its cosine is the turned one."""
    turn = np.array([[np.cos(0.9), np.sin(0.9)], [-np.sin(0.9), np.cos(0.9)]], dtype=np.float32)
    n = 200
    angle = np.linspace(0, 1.5, n)
    rows = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    goods = catalogue([f"thing number {i}" for i in range(n)], [["Things"]] * n).frame
    goods = goods.with_columns(brand=pl.Series([f"b{i}" for i in range(n)]))
    knn = SessionKnn.fit(np.repeat(np.arange(40), 2), np.array([0, n - 1] * 40), np.arange(80), n)
    shop = SimilarItems(Catalogue.build(goods), VectorIndex.build(rows), knn, None, QueryAdapter(turn))
    ranked = shop.similar(0, 10).ranked
    scored = dict(zip(ranked.items.tolist(), ranked.scores.tolist(), strict=True))
    assert scored[n - 1] == pytest.approx(0.7 * np.cos(1.5 - 0.9) + 0.3 * 40 / 45, abs=1e-4)


def test_what_is_bought_with_it_is_no_alternative() -> None:
    """Lamp oil is bought with the lamp and says something else; a lamp that is bought with it stays."""
    item = np.array([0, 4] * 5 + [0, 1] * 5 + [5, 6] * 30, dtype=np.int32)
    purchases = CoPurchase.fit(np.repeat(np.arange(40), 2), item, len(TITLES))
    assert set(purchases.related([0], 9).items.tolist()) == {1, 4}
    shop = SimilarItems(catalogue(TITLES, PATHS), VectorIndex.build(vectors()), None, purchases)
    assert shop.similar(0, 8).ranked.items.tolist() == [1, 2, 6]


def test_refusals() -> None:
    """An item beyond the catalogue, a mask of another one, and no place to fill."""
    shop = SimilarItems(catalogue(TITLES, PATHS), VectorIndex.build(vectors()), None, None)
    with pytest.raises(ValueError, match="positions run from"):
        shop.similar(8, 1)
    with pytest.raises(ValueError, match="same release"):
        shop.similar(0, 1, np.ones(2, dtype=np.bool_))
    with pytest.raises(ValueError, match="at least 1"):
        shop.similar(0, 0)


@settings(max_examples=25)
@given(st.integers(0, 9_999), st.integers(1, 12), st.integers(0, 29))
def test_invariants(seed: int, k: int, item: int) -> None:
    """No item twice, never itself, mask and kind kept, sorted, and a shorter answer begins a longer one."""
    rng, n = np.random.default_rng(seed), 30
    rows = rng.normal(size=(n, 4)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    goods = catalogue(
        [f"Thing {i // 2} {'red' if i % 2 else 'blue'}" for i in range(n)], [[f"C{i % 3}"] for i in range(n)]
    )
    clicks = rng.integers(0, n, 120).astype(np.int32)
    knn = SessionKnn.fit(np.arange(120) // 4, clicks, np.arange(120), n)
    mask = rng.random(n) < 0.7
    shop = SimilarItems(goods, VectorIndex.build(rows), knn, CoPurchase.fit(np.arange(120) // 4, clicks, n))
    ranked = shop.similar(item, k, mask).ranked
    found = ranked.items.tolist()
    assert len(found) == len(set(found)) <= k
    assert item not in found
    assert mask[ranked.items].all()
    assert all(other % 3 == item % 3 for other in found)
    assert (np.diff(ranked.scores) <= 0).all()
    assert shop.similar(item, k + 5, mask).ranked.items.tolist()[: len(found)] == found
