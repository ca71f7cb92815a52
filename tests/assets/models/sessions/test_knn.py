"""VMIS-kNN against a plain reading of the paper, and what holds for any sessions."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.sessions.knn import SessionKnn, SessionKnnParameters

N_ITEMS = 9
SMALL = SessionKnnParameters(recent=6, neighbours=3, last_views=4, max_session=5)
Sessions = list[list[int]]


def rows(sessions: Sessions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One (session, item, ts) row a click; time runs on through all."""
    table = [(s, i) for s, items in enumerate(sessions) for i in items]
    flat = np.array(table, dtype=np.int64).reshape(-1, 2)
    return flat[:, 0], flat[:, 1].astype(np.int32), np.arange(len(flat), dtype=np.int64) * 10


def oracle(sessions: Sessions, viewed: list[int], p: SessionKnnParameters) -> dict[int, float]:
    """The paper's formulas with dictionaries and loops."""
    past = [list(dict.fromkeys(i for i in reversed(s) if i >= 0)) for s in sessions]
    past = [s for s in past if len(s) >= 2]
    past = [sorted(s[: p.max_session]) for s in past]
    latest = list(dict.fromkeys(i for i in reversed(viewed) if i >= 0))[: p.last_views]
    holding = {i: [n for n, s in enumerate(past) if i in s] for i in range(N_ITEMS)}
    found = sorted({n for i in latest for n in holding[i][-p.recent :]})[-p.recent :]
    similarity, vote = {}, {}
    for n in found:
        shared = [a for a, i in enumerate(latest) if n in holding[i][-p.recent :]]
        similarity[n] = sum((len(latest) - a) / len(latest) for a in shared)
        vote[n] = similarity[n] * max(0.0, 1 - 0.1 * shared[0])
    best = sorted(found, key=lambda n: (-round(similarity[n], 9), -n))[: p.neighbours]
    score: dict[int, float] = {}
    for n in best:
        for i in past[n]:
            score[i] = score.get(i, 0.0) + vote[n] * (1 + log(len(past) / len(holding[i])))
    return score


def test_by_hand() -> None:
    """One shared session: the item beside the viewed one, at 1 · (1 + ln(2/1))."""
    answer = SessionKnn.fit(*rows([[0, 1], [2, 3]]), N_ITEMS).recommend([0], 5)
    assert answer.items.tolist() == [1]
    np.testing.assert_allclose(answer.scores, [1 + log(2)], rtol=1e-6)


sessions_strategy = st.lists(st.lists(st.integers(-1, N_ITEMS - 1), min_size=1, max_size=8), max_size=15)
viewed_strategy = st.lists(st.integers(-1, N_ITEMS - 1), max_size=7)


@settings(max_examples=150)
@given(sessions_strategy, viewed_strategy)
def test_equals_the_paper(sessions: Sessions, viewed: list[int]) -> None:
    """Same items and scores as the plain reading, viewed items included."""
    answer = SessionKnn.fit(*rows(sessions), N_ITEMS, SMALL).recommend(viewed, N_ITEMS, include_viewed=True)
    expected = {i: s for i, s in oracle(sessions, viewed, SMALL).items() if s > 0}
    assert set(answer.items.tolist()) == set(expected)
    np.testing.assert_allclose(answer.scores, [expected[int(i)] for i in answer.items], rtol=1e-5)


@settings(max_examples=60)
@given(sessions_strategy, viewed_strategy, st.integers(1, 9), st.integers(0, 99))
def test_invariants(sessions: Sessions, viewed: list[int], k: int, seed: int) -> None:
    """No duplicates, nothing viewed, mask kept, sorted, the same for any order of the rows."""
    rng = np.random.default_rng(seed)
    session, item, ts = rows(sessions)
    order = rng.permutation(len(ts))
    mask = rng.random(N_ITEMS) < 0.7
    answer = SessionKnn.fit(session, item, ts, N_ITEMS, SMALL).recommend(viewed, k, mask)
    again = SessionKnn.fit(session[order], item[order], ts[order], N_ITEMS, SMALL).recommend(viewed, k, mask)
    assert answer.items.tolist() == again.items.tolist()
    assert answer.scores.tolist() == again.scores.tolist()
    assert len(set(answer.items.tolist())) == len(answer.items) <= k
    assert not set(answer.items.tolist()) & set(viewed)
    assert mask[answer.items].all()
    assert (np.diff(answer.scores) <= 0).all()


def test_nothing_known_nothing_said() -> None:
    """Empty sessions, unknown items and a model without sessions give an empty answer."""
    model = SessionKnn.fit(*rows([[0, 1], [2, 3]]), N_ITEMS)
    for viewed in ([], [-1], [8], [-1, -1, 7]):
        assert len(model.recommend(viewed, 5).items) == 0
    assert len(SessionKnn.fit(*rows([]), N_ITEMS).recommend([0], 5).items) == 0


def test_recent_sessions_count() -> None:
    """With room for one session an item, the newer one speaks."""
    parameters = SessionKnnParameters(recent=1)
    assert SessionKnn.fit(*rows([[0, 1], [0, 2]]), N_ITEMS, parameters).recommend([0], 5).items.tolist() == [2]


def test_round_trip(tmp_path: Path) -> None:
    """A loaded model answers alike, from mapped files."""
    rng = np.random.default_rng(0)
    sessions = [rng.integers(0, N_ITEMS, 4).tolist() for _ in range(50)]
    model = SessionKnn.fit(*rows(sessions), N_ITEMS, SMALL)
    model.save(tmp_path)
    loaded = SessionKnn.load(tmp_path)
    assert loaded.parameters == SMALL
    for item in range(N_ITEMS):
        one, other = model.recommend([item, 0], 5), loaded.recommend([item, 0], 5)
        assert one.items.tolist() == other.items.tolist()
        assert one.scores.tolist() == other.scores.tolist()


def test_refusals() -> None:
    """Foreign items, unequal lengths, a mask of another catalogue and settings below 1 are refused."""
    session, item, ts = rows([[0, 1]])
    with pytest.raises(ValueError, match="look the ids up"):
        SessionKnn.fit(session, item, ts, 1)
    with pytest.raises(ValueError, match="one each"):
        SessionKnn.fit(session, item, ts[:1], 2)
    with pytest.raises(ValueError, match="look the ids up"):
        SessionKnn.fit(session, item, ts, 2).recommend([2], 1)
    with pytest.raises(ValueError, match="at least 1"):
        SessionKnn.fit(session, item, ts, 2).recommend([0], 0)
    with pytest.raises(ValueError, match="neighbours is 0"):
        SessionKnnParameters(neighbours=0)
