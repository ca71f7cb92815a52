"""Which pairs teach, and an adapter of what shoppers mean by alike that the texts do not say."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from assets.models.products.catalogue import Catalogue
from assets.models.products.kinds import ProductKinds
from assets.models.search.similar.alike_pairs import AlikePairs, Shopping, fit_similar_adapter
from assets.models.search.vectors.index import VectorIndex


def kinds(names: list[str | None]) -> ProductKinds:
    """Of products with these categories."""
    n = len(names)
    frame = pl.DataFrame(
        {
            "product_id": [f"p{i:04d}" for i in range(n)],
            "title": ["thing"] * n,
            "categories": [None if name is None else [name] for name in names],
            "price": [1.0] * n,
            "in_stock": [True] * n,
        }
    )
    return ProductKinds(Catalogue.build(frame))


def rows(groups: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Groups as (group, item)."""
    item = np.array([item for group in groups for item in group], dtype=np.int64)
    return np.repeat(np.arange(len(groups)), [len(group) for group in groups]), item


def shopping(
    n: int, sessions: list[list[int]], queries: list[list[int]] | None = None, baskets: list[list[int]] | None = None
) -> Shopping:
    """What was viewed, found and bought."""
    return Shopping(n, *rows(sessions), *rows(queries or []), *rows(baskets or []))


def weights(pairs: AlikePairs) -> dict[tuple[int, int], float]:
    """Pair → weight."""
    return dict(zip(zip(pairs.item.tolist(), pairs.other.tolist(), strict=True), pairs.weight.tolist(), strict=True))


def test_steps_and_queries_by_hand() -> None:
    """0 → 1 in two sessions and found by one query of two: √2.5; a repeat is no step; a step counts once a session."""
    found = AlikePairs.of(
        shopping(4, [[0, 0, 1], [0, 1, 0, 1], [3], [2, 3]], queries=[[0, 1]]), kinds(["A", "A", "A", "A"])
    )
    # The second session goes from 0 to 1 and back: two distinct steps, each in both directions.
    assert weights(found) == pytest.approx({(0, 1): np.sqrt(3.5), (1, 0): np.sqrt(3.5), (2, 3): 1.0, (3, 2): 1.0})


def test_a_robot_counts_no_more_than_a_shopper_of_five_steps() -> None:
    """Ninety-nine steps of one session weigh 5/99 each."""
    found = AlikePairs.of(shopping(100, [list(range(100))]), kinds(["A"] * 100))
    assert len(found.item) == 2 * 99
    np.testing.assert_allclose(found.weight**2, 5 / 99)


def test_other_kinds_and_complements_teach_nothing() -> None:
    """0 and 3 are of two kinds; 0 and 2 are bought together ten times as often as others that are viewed together."""
    viewed = [[0, 1]] * 50 + [[0, 2]] * 10 + [[0, 3]] * 30
    baskets = [[0, 1]] * 5 + [[0, 2]] * 10
    found = AlikePairs.of(shopping(4, viewed, baskets=baskets), kinds(["A", "A", "A", "B"]))
    assert set(weights(found)) == {(0, 1), (1, 0)}
    assert set(weights(AlikePairs.of(shopping(4, viewed), kinds(["A", "A", "A", "B"])))) == {
        (0, 1),
        (1, 0),
        (0, 2),
        (2, 0),
    }


def test_nothing_viewed_gives_no_pair() -> None:
    """A shop's first day."""
    found = AlikePairs.of(shopping(3, []), kinds(["A"] * 3))
    assert not len(found.item)
    with pytest.raises(ValueError, match="pass pairs"):
        fit_similar_adapter(VectorIndex.build(np.eye(3, dtype=np.float32)), found)


def test_pairs_held_out_and_strongest() -> None:
    """No pair of a product that is held out; the heaviest two in their order."""
    pairs = AlikePairs(np.array([0, 1, 2, 3]), np.array([1, 0, 3, 2]), np.array([1.0, 3.0, 2.0, 2.0]))
    rest = pairs.without(np.array([True, False, False, False]))
    assert weights(rest) == {(2, 3): 2.0, (3, 2): 2.0}
    assert rest.holds(4).tolist() == [False, False, True, True]
    assert weights(pairs.strongest(2)) == {(1, 0): 3.0, (2, 3): 2.0}


def _world(seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """300 products: half of each text says which of 30 groups it is of, faintly, the louder half says nothing."""
    rng = np.random.default_rng(seed)
    group = np.arange(300) % 30
    meaning = rng.normal(size=(30, 16))[group]
    vectors = np.concatenate([0.6 * meaning, 1.5 * rng.normal(size=(300, 16))], axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), group


def _found(vectors: NDArray[np.float32], asked: NDArray[np.float32], group: NDArray[np.int64], of: slice) -> float:
    """Share of the nine nearest other products that are of the same group."""
    cosine = asked @ vectors.T
    np.fill_diagonal(cosine, -2)
    near = np.argsort(-cosine, axis=1)[:, :9]
    return float((group[near] == group[:, None])[of].mean())


def test_groups_that_texts_say_faintly_are_learnt_also_for_products_that_nobody_viewed() -> None:
    """Sessions stay within a group of the first 200 products: the lists of those and of the others both gain."""
    vectors, group = _world(0)
    rng = np.random.default_rng(1)
    sessions = []
    for _ in range(1_500):
        members = np.flatnonzero(group[:200] == rng.integers(30))
        sessions.append(rng.choice(members, 3, replace=False).tolist())
    pairs = AlikePairs.of(shopping(300, sessions), kinds(["A"] * 300))
    adapter = fit_similar_adapter(VectorIndex.build(vectors), pairs)
    moved = adapter.adapt(vectors)
    assert not pairs.holds(300)[200:].any()
    for of in (slice(0, 200), slice(200, 300)):
        assert _found(vectors, moved, group, of) > _found(vectors, vectors, group, of) + 0.1


def test_the_same_pairs_give_the_same_bytes() -> None:
    """A second fit of the same night."""
    vectors, _ = _world(2)
    pairs = AlikePairs.of(shopping(300, [[i, (i * 7) % 300] for i in range(1, 300)]), kinds(["A"] * 300))
    index = VectorIndex.build(vectors)
    first, second = (fit_similar_adapter(index, pairs).weights for _ in range(2))
    assert first.tobytes() == second.tobytes()
