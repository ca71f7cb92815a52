"""Honest trees find a planted step, say one effect where there is none, and are the same after a journey as JSON."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.honest_tree import HonestTree, Parted
from assets.models.uplift.learners.step_learner import Steps


def scored(users: int, step: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three columns, and scores that are ``step`` higher where the second is below 35."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=users), rng.integers(18, 80, users), rng.integers(0, 2, users)]).astype(float)
    return X, rng.normal(size=users) + step * (X[:, 1] < 35)


def halves(users: int) -> tuple[np.ndarray, np.ndarray]:
    """Even rows to grow on, odd ones to read off."""
    return np.arange(0, users, 2), np.arange(1, users, 2)


def test_the_step_is_cut_and_read_off_other_users() -> None:
    """One cut near 35 in the second column; its leaves' effects are means of the odd rows alone."""
    X, scores = scored(4_000, 0.8)
    tree = HonestTree.fit(Parted.of(X), scores, np.ones(4_000), *halves(4_000))
    assert tree.column == (1, -1, -1)
    assert 33 <= tree.below[0] <= 37
    odd, young = np.arange(4_000) % 2 == 1, X[:, 1] < tree.below[0]
    assert tree.effect[1:] == pytest.approx((scores[odd & young].mean(), scores[odd & ~young].mean()))
    assert tree.predict(X) == pytest.approx(np.where(young, tree.effect[1], tree.effect[2]))


def test_effects_know_nothing_of_the_users_that_decide_the_cuts() -> None:
    """Scores of the even rows moved by ten: the same cut, and the very same effects."""
    X, scores = scored(4_000, 0.8)
    moved = scores + 10.0 * (np.arange(4_000) % 2 == 0)
    first, second = (HonestTree.fit(Parted.of(X), of, np.ones(4_000), *halves(4_000)) for of in (scores, moved))
    assert len(first.column) == 3
    assert second == first


def test_noise_is_seldom_cut() -> None:
    """At most one tree in twenty, over all cuts of all columns; 100 trials of nothing."""
    cut = 0
    for seed in range(100):
        X, scores = scored(600, 0.0, seed)
        cut += len(HonestTree.fit(Parted.of(X), scores, np.ones(600), *halves(600)).column) > 1
    assert cut <= 12


def test_a_trial_with_a_step(tmp_path: Path) -> None:
    """The learner tells the sides apart as far as they are, takes missing values, and comes back from its files."""
    rng = np.random.default_rng(5)
    X, _ = scored(6_000, 0.0, 5)
    treated = (rng.random(6_000) < 0.5).astype(np.float64)
    chance = 0.1 + treated * np.where(X[:, 1] < 35, 0.18, -0.016)
    sample = TrialSample.of(X, treated, (rng.random(6_000) < chance).astype(np.float64), None)
    learner = Steps.fit(sample, 3)
    below, above = learner.predict(np.array([[0.0, 25.0, 1.0], [0.0, 60.0, 1.0]])).uplift
    assert below == pytest.approx(0.18, abs=0.05)
    assert above == pytest.approx(-0.016, abs=0.03)
    learner.save(tmp_path)
    X[::7, 1] = np.nan
    assert Steps.load(tmp_path).predict(X).uplift.tolist() == learner.predict(X).uplift.tolist()
