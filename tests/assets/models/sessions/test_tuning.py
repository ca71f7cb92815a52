"""The search for settings: what is kept, what is logged, where it ends."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.models.sessions.parameters import SearchPlan, SessionModelParameters
from assets.models.sessions.tuning import CHANGES, measures, search

START = SessionModelParameters()
CLICKS = 400


def ranks_of(share: float) -> NDArray[np.float64]:
    """Ranks of which the first ``share`` are 1, the others no candidates."""
    return np.where(np.arange(CLICKS) < share * CLICKS, 1.0, np.inf)


def likes_long_half_lives(p: SessionModelParameters) -> NDArray[np.float64]:
    """The longer the better, and a recency of 0 somewhat better still."""
    return ranks_of(min(0.2 + p.half_life + 0.1 * (p.recency == 0), 1.0))


def test_changes_that_help_are_kept_one_upon_the_other() -> None:
    """A half-life of .5 and then a recency of 0; everything else makes no difference and stays."""
    best, trials = search(likes_long_half_lives, START)
    assert best == replace(START, half_life=0.5, recency=0.0)
    assert [(t["change"], t["value"]) for t in trials if t["kept"]] == [
        ("none", 0.0),
        ("half_life", 0.5),
        ("recency", 0.0),
    ]
    assert [t["hit_rate"] for t in trials[:4]] == pytest.approx([0.35, 0.25, 0.7, 0.8])


def test_every_setting_can_be_changed_and_is_tried() -> None:
    """Each value once, where it is not the start's; the change changes what it names alone."""
    _, trials = search(lambda p: ranks_of(0.5), START)
    assert len(trials) == 1 + sum(len(c.values) for c in CHANGES) <= 1 + START.search.trials
    for change in CHANGES:
        for value in change.values:
            changed = change.put(START, value)
            assert change.get(changed) == value
            assert change.put(changed, change.get(START)) == START


def test_a_gain_within_its_error_is_none() -> None:
    """One click of 400 better: its mean difference is its standard error, and nothing is kept."""

    def trial(p: SessionModelParameters) -> NDArray[np.float64]:
        ranks = ranks_of(0.5)
        ranks[-1] = 1.0 if p.half_life == 0.5 else np.inf
        return ranks

    best, trials = search(trial, START)
    assert best == START
    assert not any(t["kept"] for t in trials[1:])


def test_the_search_is_bounded() -> None:
    """By trials; by seconds of CPU, of which none leaves the start alone measured; no trials, no measure."""
    for plan, made in ((SearchPlan(trials=2), 3), (SearchPlan(seconds=0), 1), (SearchPlan(trials=0), 0)):
        _, trials = search(likes_long_half_lives, replace(START, search=plan))
        assert len(trials) == made


def test_measures_by_hand() -> None:
    """Ranks 1, 3, 21 and none: two of four are hits."""
    found = measures(np.array([1.0, 3.0, 21.0, np.inf]))
    assert found == {"hit_rate": 0.5, "mrr": pytest.approx(1 / 3), "ndcg": 0.375, "candidate_recall": 0.75}
    assert not any(measures(np.empty(0)).values())
