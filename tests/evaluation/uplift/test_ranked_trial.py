"""The order of a trial: packed or not it is the same, ties are blocks, and parts of blocks are even."""

import numpy as np
import pytest

import evaluation.uplift.ranked_trial
from evaluation.uplift.qini import ranked_qini
from evaluation.uplift.ranked_trial import RankedTrial
from evaluation.uplift.trial import checked_arrays
from evaluation.uplift.uplift_at_k import ranked_uplift_at_k

SCORES = {
    "spread": lambda rng, n: rng.random(n),
    "both signs, with zeros of either sign": lambda rng, n: (
        np.where(rng.random(n) < 0.3, -0.0, 1) * rng.integers(-2, 3, n)
    ),
    "rounded": lambda rng, n: np.round(rng.normal(size=n), 1),
    "apart by the last bits": lambda rng, n: 1.0 + rng.integers(0, 7, n) * np.finfo(float).eps,
    "negative and apart by the last bits": lambda rng, n: -1.0 - rng.integers(0, 7, n) * np.finfo(float).eps,
    "infinite": lambda rng, n: rng.choice([-np.inf, 0.0, 5e-324, 1e308, np.inf], n),
    "float32": lambda rng, n: rng.random(n, dtype=np.float32),
}


def a_trial(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and treatment with both arms and a response."""
    treatment, outcome = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(np.int8), rng.random(n) < 0.3
    treatment[:2], outcome[:2] = (0, 1), (1, 0)
    return outcome, treatment


@pytest.mark.parametrize("kind", SCORES)
def test_packed_order_is_that_of_a_plain_sort(kind: str) -> None:
    """Counts at every end of a block are equal, also where the packing has to give up."""
    rng = np.random.default_rng(0)
    for n in (2, 3, 10, 500):
        outcome, treatment = a_trial(rng, n)
        score = SCORES[kind](rng, n)
        ranked = RankedTrial.of(outcome, treatment, score)
        plain = RankedTrial._by_argsort(*checked_arrays(outcome, treatment, score))
        assert np.count_nonzero(ranked.last) == np.unique(score).size
        for ours, theirs in zip(next(ranked.counts()), next(plain.counts()), strict=True):
            assert ours.tolist() == theirs.tolist()


def test_packing_gives_up_where_there_is_no_room() -> None:
    """Scores of both signs and all sizes fill 64 bits: the fast order is refused and the plain one taken."""
    outcome, treatment, score = checked_arrays([1, 0, 1, 0], [1, 0, 0, 1], [1e308, 5e-324, -5e-324, -1e308])
    assert RankedTrial._by_packing(outcome, treatment, score) is None
    assert RankedTrial.of(outcome, treatment, score).last.all()
    negative = np.array([-1e308, -1.0, -5e-324, -1e308])
    assert RankedTrial._by_packing(outcome, treatment, negative) is None
    assert RankedTrial.of(outcome, treatment, negative).last.tolist() == [True, True, False, True]
    near = np.array([1.0, np.nextafter(1.0, 2), 0.0, -1e-150])
    packed = RankedTrial._by_packing(outcome, treatment, near)
    assert packed is not None
    assert packed.last.all()
    assert packed.treated.tolist() == [0, 1, 0, 1]


def test_chunks_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures do not depend on the size of the chunks, though blocks and whole chunks have no end in some."""
    rng = np.random.default_rng(1)
    outcome, treatment = a_trial(rng, 300)
    for score in (rng.random(300), rng.integers(0, 3, 300), rng.integers(0, 40, 300)):
        ranked = RankedTrial.of(outcome, treatment, score)
        whole = ranked_qini(ranked)
        for rows in (1, 7, 299):
            monkeypatch.setattr(evaluation.uplift.ranked_trial, "CHUNK_ROWS", rows)
            assert ranked_qini(ranked) == pytest.approx(whole, abs=1e-12)
        monkeypatch.undo()


def test_top_by_hand() -> None:
    """Blocks {5}, {3, 3}, {1}: two rows are the first and half of the next two."""
    ranked = RankedTrial.of([1, 1, 0, 0], [1, 0, 0, 1], [3, 5, 1, 3])
    assert [float(value) for value in ranked.top(2)] == [1.0, 1.0, 0.5, 1.0]
    assert [float(value) for value in ranked.top(0)] == [0.0] * 4
    assert [float(value) for value in ranked.top(4)] == [float(value) for value in ranked.total]


def test_inputs_are_left_as_they_were() -> None:
    """Nothing is sorted or packed in place."""
    rng = np.random.default_rng(2)
    outcome, treatment = a_trial(rng, 50)
    score = rng.random(50)
    kept = [values.copy() for values in (outcome, treatment, score)]
    ranked_uplift_at_k(RankedTrial.of(outcome, treatment, score), 0.5)
    for before, after in zip(kept, (outcome, treatment, score), strict=True):
        np.testing.assert_array_equal(before, after)
