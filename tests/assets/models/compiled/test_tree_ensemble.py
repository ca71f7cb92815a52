"""Our scorer beside LightGBM's."""

import lightgbm  # noqa: TID253  (the oracle)
import numpy as np
import pytest

from assets.models.compiled.tree_ensemble import TreeEnsemble


@pytest.fixture(scope="module")
def model() -> tuple[str, np.ndarray]:
    """Text of 30 trees and rows to score, some of them right on a threshold."""
    rng = np.random.default_rng(0)
    rows = np.round(rng.normal(size=(2_000, 5)), 1).astype(np.float32)
    target = rows[:, 0] * rows[:, 1] + (rows[:, 2] > 0.3)
    parameters = {"objective": "regression", "num_leaves": 15, "verbosity": -1, "num_threads": 1, "deterministic": True}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, label=target), num_boost_round=30)
    return booster.model_to_string(), rows


def first_ten(text: str) -> str:
    """The model's first ten trees."""
    return "\nTree=".join(text.split("\nTree=")[:11])


def test_equals_lightgbm(model: tuple[str, np.ndarray]) -> None:
    """Every row, all trees and the first ten."""
    text, rows = model
    booster = lightgbm.Booster(model_str=text)
    np.testing.assert_allclose(TreeEnsemble.parse(text).scores(rows), booster.predict(rows), rtol=1e-12)
    first = booster.predict(rows, num_iteration=10)
    np.testing.assert_allclose(TreeEnsemble.parse(first_ten(text)).scores(rows), first, rtol=1e-12)


def test_models_take_turns_and_are_added_up(model: tuple[str, np.ndarray]) -> None:
    """Two models' scores; the first 20 trees of both are the first ten of each."""
    text, rows = model
    data = lightgbm.Dataset(rows, label=rows[:, 3].copy())
    parameters = {"objective": "regression", "verbosity": -1, "num_threads": 1}
    other = lightgbm.train(parameters, data, num_boost_round=12).model_to_string()
    both = TreeEnsemble.parse(text, other)
    alone = [TreeEnsemble.parse(one).scores(rows) for one in (text, other)]
    np.testing.assert_allclose(both.scores(rows), alone[0] + alone[1], rtol=1e-12, atol=1e-12)
    early = sum(TreeEnsemble.parse(first_ten(one)).scores(rows) for one in (text, other))
    found = both.scores(rows, first=20, keep=1)
    assert early[np.isfinite(found)].max() == pytest.approx(early.max(), abs=1e-5)


def test_the_best_after_the_first_trees_are_scored_by_all(model: tuple[str, np.ndarray]) -> None:
    """The others are dropped."""
    text, rows = model
    unlike = np.unique(rows, axis=0)[:200]
    scores = TreeEnsemble.parse(text).scores(unlike, first=10, keep=20)
    live = np.flatnonzero(np.isfinite(scores))
    assert len(live) == 20
    np.testing.assert_allclose(scores[live], TreeEnsemble.parse(text).scores(unlike)[live])
    early = TreeEnsemble.parse(first_ten(text)).scores(unlike)
    assert early[live].min() >= np.delete(early, live).max() - 1e-6


def test_few_rows_are_all_kept(model: tuple[str, np.ndarray]) -> None:
    """Fewer rows than may stay."""
    text, rows = model
    scores = TreeEnsemble.parse(text).scores(rows[:5], first=10, keep=20)
    np.testing.assert_allclose(scores, TreeEnsemble.parse(text).scores(rows[:5]))


def test_a_tree_of_one_leaf_is_a_constant() -> None:
    """Nothing to split on."""
    rows = np.zeros((100, 2), dtype=np.float32)
    parameters = {"objective": "regression", "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, label=np.full(100, 3.0)), num_boost_round=2)
    scores = TreeEnsemble.parse(booster.model_to_string()).scores(rows[:3])
    np.testing.assert_allclose(scores, booster.predict(rows[:3]))


def test_missing_values_are_refused() -> None:
    """A model that was trained with them splits on them."""
    rows = np.random.default_rng(1).normal(size=(500, 2))
    rows[::3, 0] = np.nan
    parameters = {"objective": "regression", "verbosity": -1, "num_threads": 1}
    target = np.nan_to_num(rows[:, 0])
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, label=target), num_boost_round=2)
    with pytest.raises(ValueError, match="missing"):
        TreeEnsemble.parse(booster.model_to_string())
