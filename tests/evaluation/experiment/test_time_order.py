"""Orders of instants."""

import numpy as np
import pytest

from evaluation.experiment.time_order import exposed_before_assigned, features_after_exposure, outcome_before_exposure

NOON = np.array(["2026-03-01T12", "2026-03-01T12", "2026-03-01T12", "2026-03-01T12"], dtype="datetime64[us]")
AROUND = np.array(["2026-03-01T11", "2026-03-01T12", "2026-03-01T13", "NaT"], dtype="datetime64[us]")


def test_features_must_be_older() -> None:
    """Made at the exposure or after it: two of the three that are known."""
    result = features_after_exposure(AROUND, NOON)
    assert (result.rows, result.broken, result.passed) == (3, 2, False)
    assert "strictly before" in result.verdict


def test_exposures_may_come_with_the_assignment() -> None:
    """Only one is exposed (12:00) before it was assigned (13:00)."""
    assert exposed_before_assigned(AROUND, NOON).broken == 1
    assert exposed_before_assigned(NOON, NOON).passed


def test_outcomes_come_after() -> None:
    """The outcome of 11:00 cannot be due to the exposure at 12:00."""
    result = outcome_before_exposure(NOON, AROUND)
    assert (result.broken, result.passed) == (1, False)
    assert outcome_before_exposure(NOON[:0], AROUND[:0]).passed


def test_broken_input_is_named() -> None:
    """Unequal lengths, numbers for instants."""
    with pytest.raises(ValueError, match="equal lengths"):
        outcome_before_exposure(NOON, AROUND[:2])
    with pytest.raises(ValueError, match="datetime64"):
        outcome_before_exposure([1, 2], AROUND[:2])
