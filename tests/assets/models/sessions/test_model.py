"""The whole session model on a small simulated shop, and what holds for any request."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.sessions.history import SessionHistory
from assets.models.sessions.index import FEATURES, build_index
from assets.models.sessions.item_vectors import ItemVectors, TrainingPlan
from assets.models.sessions.knn import SessionKnn
from assets.models.sessions.model import SessionModel
from assets.models.sessions.parameters import RankerPlan, SearchPlan, SessionModelParameters, parameters_from
from assets.models.sessions.ranker import next_clicks, ranking_rows
from assets.models.sessions.reranked import fit_ranked_sessions

N_ITEMS = 120
PARAMETERS = SessionModelParameters(
    min_sessions=200,
    dim=8,
    vectors=TrainingPlan(epochs=2, negatives=64, batch=256),
    update=TrainingPlan(epochs=1, learning_rate=1e-3, negatives=64, batch=256),
    ranker=RankerPlan(prefixes=400, negatives=15, trees=20, leaves=7),
    search=SearchPlan(trials=3, prefixes=300, negatives=10, trees=10, validation_prefixes=200),
)
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def walks(sessions: int = 900, seed: int = 0) -> Rows:
    """Sessions that step one or two items forward, with now and then a step back."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([1, 2, -1], size=(sessions, 5), p=[0.7, 0.2, 0.1])
    item = (rng.integers(0, N_ITEMS, sessions)[:, None] + np.cumsum(steps, axis=1)) % N_ITEMS
    return np.repeat(np.arange(sessions), 5), item.ravel().astype(np.int32), np.arange(5 * sessions)


@pytest.fixture(scope="module")
def model() -> SessionModel:
    """Ranked sessions."""
    return SessionModel.fit(*walks(), N_ITEMS, PARAMETERS)


viewed_strategy = st.lists(st.integers(-1, N_ITEMS - 1), max_size=12)


@settings(max_examples=100)
@given(viewed_strategy, st.integers(1, 200), st.floats(0, 1), st.booleans())
def test_any_answer(model: SessionModel, viewed: list[int], k: int, share: float, include: bool) -> None:
    """Distinct, allowed, sorted, at most k, and never what was viewed unless asked for."""
    allowed = np.random.default_rng(k).random(N_ITEMS) < share
    answer = model.recommend(viewed, k, allowed, include)
    assert len(answer.items) <= k
    assert len(set(answer.items.tolist())) == len(answer.items)
    assert allowed[answer.items].all()
    assert (np.diff(answer.scores) <= 0).all()
    assert np.isfinite(answer.scores).all()
    if not include:
        assert not set(answer.items.tolist()) & set(viewed)


def test_what_follows_is_foretold(model: SessionModel) -> None:
    """The next item of a walk is among the first three for most starts, and the validation says so too."""
    hits = [(i + 1) % N_ITEMS in model.recommend([(i - 1) % N_ITEMS, i], 3).items for i in range(N_ITEMS)]
    assert np.mean(hits) > 0.8
    assert model.figures["hit_rate"] > 0.8
    assert model.figures["candidate_recall"] >= model.figures["hit_rate"] >= model.figures["mrr"]


def test_items_just_viewed_can_be_asked_for(model: SessionModel) -> None:
    """Offline tests of the next click rank them."""
    assert {3, 4} <= set(model.recommend([3, 4], N_ITEMS, include_viewed=True).items.tolist())


def test_a_list_is_full(model: SessionModel) -> None:
    """As long as enough allowed products were ever clicked, whoever asks and however few are allowed."""
    rng = np.random.default_rng(0)
    for viewed in ([0], [7, 8, 9], [50, 50]):
        assert len(model.recommend(viewed, 100).items) == 100
        few = rng.random(N_ITEMS) < 0.2
        few[viewed] = False
        assert set(model.recommend(viewed, 30, few).items.tolist()) <= set(np.flatnonzero(few).tolist())
        assert len(model.recommend(viewed, 30, few).items) == min(30, few.sum())


def test_settings_are_chosen_by_trials(model: SessionModel) -> None:
    """The start and three changes were measured; the settings of the model are those that were kept."""
    assert [t["change"] for t in model.trials] == ["none", "half_life", "half_life", "recency"]
    kept = {t["change"]: t["value"] for t in model.trials if t["kept"]}
    assert model.parameters.half_life == kept.get("half_life", PARAMETERS.half_life)
    assert model.parameters.recency == kept.get("recency", PARAMETERS.recency)
    assert model.parameters.search == PARAMETERS.search


def test_same_rows_same_files(model: SessionModel, tmp_path: Path) -> None:
    """In any order of the rows, byte by byte."""
    session, item, ts = walks()
    order = np.random.default_rng(1).permutation(len(item))
    again = SessionModel.fit(session[order], item[order], ts[order], N_ITEMS, PARAMETERS)
    files = []
    for name, saved in (("one", model), ("other", again)):
        (tmp_path / name).mkdir()
        saved.save(tmp_path / name)
        files.append({p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")})
    assert files[0] == files[1]


def test_saved_and_loaded(model: SessionModel, tmp_path: Path) -> None:
    """The same answers, settings and figures, from files that hold no pickle."""
    model.save(tmp_path)
    loaded = SessionModel.load(tmp_path)
    assert loaded.parameters == model.parameters
    assert loaded.figures == model.figures
    assert loaded.trials == model.trials
    for viewed in ([5], [9, 8, 10], [1, 1, 2]):
        one, other = model.recommend(viewed, 20), loaded.recommend(viewed, 20)
        np.testing.assert_array_equal(one.items, other.items)
        np.testing.assert_array_equal(one.scores, other.scores)
    assert {p.suffix for p in tmp_path.rglob("*.*")} == {".json", ".npy", ".txt"}


def test_a_small_shop_has_its_neighbours_alone(tmp_path: Path) -> None:
    """Too few sessions to learn from: the answers are those of SessionKnn, saved and loaded too."""
    rows = walks(sessions=50)
    small = SessionModel.fit(*rows, N_ITEMS)
    assert small.ranked is None
    assert small.figures == {}
    small.save(tmp_path)
    plain = SessionKnn.fit(*rows, N_ITEMS)
    for model in (small, SessionModel.load(tmp_path)):
        np.testing.assert_array_equal(model.recommend([5, 6], 10).items, plain.recommend([5, 6], 10).items)


def test_features_know_nothing_of_the_sessions_learnt_from() -> None:
    """Whatever the last tenth holds, the statistics that its rows are made of are the same."""
    session, item, ts = walks()
    history = SessionHistory.from_rows(session, item, ts, N_ITEMS)
    cut = int(len(history) * 0.9)
    shuffled = item.copy()
    last = session >= cut
    shuffled[last] = np.random.default_rng(2).permutation(shuffled[last])
    other = SessionHistory.from_rows(session, shuffled, ts, N_ITEMS)
    assert not np.array_equal(history.items, other.items)
    np.testing.assert_array_equal(history.before(cut).items, other.before(cut).items)
    # An index of the past alone makes the rows: an item that only the last tenth clicked has no count in it.
    new = SessionHistory.from_rows(session, np.where(last, item, item % 100).astype(np.int32), ts, N_ITEMS)
    vectors = _no_vectors()
    past = new.before(cut)
    knn = SessionKnn.fit(past.session_of_click(), past.items, np.arange(len(past.items)), N_ITEMS)
    index = build_index(past, knn, vectors, PARAMETERS)
    assert not index.item_stats[100:, 3].any()
    rows = ranking_rows(index, new, next_clicks(new, cut, len(new), 400, 0), 100, 15, 0)
    targets = rows.rows[rows.label == 1]
    assert len(targets) == len(rows.sizes)
    # Every target that is no repeat of the session was known to the past.
    assert (targets[targets[:, FEATURES.index("in_session")] == 0][:, FEATURES.index("pop_all")] > 0).all()


def test_the_ranking_learns_from_the_last_sessions_only() -> None:
    """Every click that is learnt from lies behind the cut, and those measured on behind those."""
    history = SessionHistory.from_rows(*walks(), N_ITEMS)
    learnt, held = next_clicks(history, 810, 886, 100, 0), next_clicks(history, 886, 900, 100, 0)
    session = history.session_of_click()
    assert session[learnt.begin].min() >= 810
    assert session[learnt.at].max() < 886 <= session[held.begin].min()
    assert (learnt.at > learnt.begin).all()


def test_parameters_survive_json() -> None:
    """Read back what ``asdict`` gives."""
    from dataclasses import asdict

    assert parameters_from(asdict(PARAMETERS)) == PARAMETERS


def test_bad_requests_are_refused(model: SessionModel) -> None:
    """Items beyond the catalogue, masks of another length, no items asked for."""
    with pytest.raises(ValueError, match="k is 0"):
        model.recommend([1], 0)
    with pytest.raises(ValueError, match="item"):
        model.recommend([N_ITEMS], 1)
    with pytest.raises(ValueError, match="allowed"):
        model.recommend([1], 1, np.ones(3, dtype=np.bool_))


def test_figures_come_from_sessions_held_out() -> None:
    """As many clicks as the last 10 % of the last tenth have, which chose nothing."""
    history = SessionHistory.from_rows(*walks(), N_ITEMS)
    figures = fit_ranked_sessions(history, PARAMETERS)[3]
    assert figures["validation_clicks"] == len(next_clicks(history, 891, 900, 10**6, 0).at)


def _no_vectors() -> ItemVectors:
    square = np.zeros((1, 4, 4), dtype=np.float32)
    return ItemVectors(np.zeros((N_ITEMS, 4), np.float32), square, np.zeros((1, 3), np.float32), square, square.copy())
