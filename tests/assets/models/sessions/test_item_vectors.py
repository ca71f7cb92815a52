"""Training on sessions that walk round a ring of items."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from assets.models.sessions.candidates import session_vector
from assets.models.sessions.history import SessionHistory
from assets.models.sessions.item_vectors import ItemVectors, TrainingPlan

N_ITEMS = 30
PLAN = TrainingPlan(epochs=30, learning_rate=0.02, negatives=32, batch=128)


def ring(sessions: int) -> SessionHistory:
    """Each session takes four steps forward; item 30 is never clicked."""
    first = np.random.default_rng(0).integers(0, N_ITEMS, sessions)
    item = (first[:, None] + np.arange(4)) % N_ITEMS
    return SessionHistory.from_rows(np.repeat(np.arange(sessions), 4), item.ravel(), np.arange(4 * sessions), 31)


def test_the_next_item_is_learnt() -> None:
    """After i - 1 and i comes i + 1, best of all that were not just seen, in the compiled query's own maps."""
    v = ItemVectors.fit(ring(300), PLAN, seed=0, dim=16)
    hits = 0
    for i in range(N_ITEMS):
        seq = np.array([(i - 1) % N_ITEMS, i], dtype=np.int32)
        score = v.vectors @ session_vector(v.vectors, v.attention, v.place_bias, v.last_map, v.mean_map, seq)
        score[seq] = -9
        hits += int(np.argmax(score)) == (i + 1) % N_ITEMS
    assert hits >= 27


def test_same_seed_same_vectors_and_unit_rows() -> None:
    """Two trainings agree to the bit; an item never clicked has no vector."""
    plan = TrainingPlan(epochs=1, negatives=32, batch=64)
    one, other = (ItemVectors.fit(ring(60), plan, seed=3, dim=8) for _ in range(2))
    np.testing.assert_array_equal(one.vectors, other.vectors)
    np.testing.assert_allclose(np.linalg.norm(one.vectors[:N_ITEMS], axis=1), 1, rtol=1e-5)
    assert not one.vectors[N_ITEMS].any()


def test_members_are_what_each_seed_gives_alone() -> None:
    """Side by side, products are the means of their products; the second differs from the first."""
    plan = TrainingPlan(members=2, epochs=1, negatives=32, batch=64)
    both = ItemVectors.fit(ring(60), plan, seed=3, dim=8)
    alone = [ItemVectors.fit(ring(60), replace(plan, members=1), seed=s, dim=8) for s in (3, 1003)]
    assert not np.array_equal(alone[0].vectors, alone[1].vectors)
    mean = (alone[0].vectors @ alone[0].vectors.T + alone[1].vectors @ alone[1].vectors.T) / 2
    np.testing.assert_allclose(both.vectors @ both.vectors.T, mean, atol=1e-5)
    np.testing.assert_array_equal(both.last_map, np.concatenate([a.last_map for a in alone]))


def test_going_on_starts_where_it_was_left() -> None:
    """Next to no rate: the same vectors and maps."""
    v = ItemVectors.fit(ring(60), PLAN, seed=0, dim=8)
    still = TrainingPlan(epochs=0.1, learning_rate=1e-12, negatives=32, batch=64)
    again = ItemVectors.fit(ring(60), still, seed=1, start=v)
    for name in ("vectors", "attention", "place_bias", "last_map", "mean_map"):
        np.testing.assert_allclose(getattr(again, name), getattr(v, name), atol=1e-5)


def test_saved_and_loaded(tmp_path: Path) -> None:
    """The same arrays."""
    v = ItemVectors.fit(ring(60), TrainingPlan(epochs=1, negatives=8, batch=64), seed=0, dim=4)
    v.save(tmp_path)
    np.testing.assert_array_equal(ItemVectors.load(tmp_path).mean_map, v.mean_map)
