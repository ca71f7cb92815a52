"""Rules of the holdout's columns."""

import pytest

from evaluation.policy_value.roi_holdout import Holdout

COLUMNS = {
    "outcome": [1, 0],
    "treatment": [1, 0],
    "propensity": [0.5, 0.5],
    "revenue": [3.0, 0.0],
    "uplift": [0.1, 0.2],
    "p_control": [0.1, 0.1],
    "p_treated": [0.2, 0.3],
    "response": [0.1, 0.2],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"propensity": [0.5, 1.0]}, "strictly between 0 and 1"),
        ({"revenue": [1.0]}, "revenue has 1 rows"),
        ({"response": [1.0, float("nan")]}, "response has NaN"),
        ({"treatment": [1, 1]}, "one arm only"),
        ({"outcome": [2, 0]}, "outcome must be 0 or 1"),
    ],
)
def test_broken_columns_are_named(change: dict[str, list], message: str) -> None:
    """Each rule that a column breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        Holdout.of(**{**COLUMNS, **change})
    assert Holdout.of(**COLUMNS).uplift.tolist() == [0.1, 0.2]
