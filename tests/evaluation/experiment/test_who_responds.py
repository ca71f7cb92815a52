"""A step, a level and a pair are named where they are, and nothing where nothing is."""

import numpy as np
import pytest

from benchmarks.uplift.step_trials import step_trial
from benchmarks.uplift.steps import named
from evaluation.experiment.who_responds import who_responds
from tests.trials import TRIALS, possible


def test_a_step_is_named_with_its_cut() -> None:
    """Scores 0.5 higher below 35, of 4,000 users: its two sides come first, the interval around the truth."""
    rng = np.random.default_rng(0)
    age, noise = rng.integers(18, 80, 4_000).astype(float), rng.normal(size=4_000)
    scores = rng.normal(size=4_000) + 0.5 * (age < 35)
    first, second, *rest = who_responds(scores, {"age": age, "noise": noise}, {})
    assert {first.attribute, second.attribute} == {"age"}
    below = next(of for of in (first, second) if of.group.startswith("below 3"))
    assert 0 < below.effect.lower < 0.5 < below.effect.upper
    assert below.p_value < 0.001
    assert all(of.p_value > 0.05 for of in rest)


def test_a_level_of_words_is_named() -> None:
    """Only Bern responds."""
    rng = np.random.default_rng(1)
    city = rng.choice(["Bern", "Basel", "Chur"], 3_000).astype(object)
    city[:100] = None
    first, *_ = who_responds(rng.normal(size=3_000) + 0.5 * (city == "Bern"), {}, {"city": city})
    assert (first.attribute, first.group) == ("city", "Bern")
    assert first.p_value < 0.001


def test_a_pair_is_named_where_neither_alone_says_it() -> None:
    """Effects are up where two words agree and down where they do not: each word alone says nothing."""
    rng = np.random.default_rng(2)
    a, b = (rng.choice(["x", "y"], 4_000).astype(object) for _ in range(2))
    found = who_responds(rng.normal(size=4_000) + np.where(a == b, 0.3, -0.3), {}, {"a": a, "b": b})
    assert {of.attribute for of in found if of.p_value < 0.05} == {"a × b"}
    assert {of.group for of in found[:4]} == {"x × x", "x × y", "y × x", "y × y"}


@pytest.mark.slow
def test_drawn_steps_are_named_and_nothing_is_where_there_is_none() -> None:
    """In 90 of 100 trials of 2,500 users the step's attribute comes first; in 95 of 100 of nothing, none."""
    trials = [(step_trial(seed), step_trial(seed, step=False)) for seed in range(7_000, 7_000 + TRIALS)]
    assert possible(
        float(np.mean([[of.attribute for of in named(step)[:1]] == [f"v{step.step + 1}"] for step, _ in trials])), 0.9
    )
    assert possible(float(np.mean([not named(nothing) for _, nothing in trials])), 0.95)
