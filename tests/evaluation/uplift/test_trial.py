"""Rules of a trial's arrays: every broken one has its own error, and every kind of array is read."""

import numpy as np
import polars as pl
import pytest

from evaluation.resampling.checked import MissingValueError, ShapeError
from evaluation.uplift import trial
from evaluation.uplift.auuc import auuc, auuc_coefficient, uplift_curve
from evaluation.uplift.deciles import uplift_by_decile
from evaluation.uplift.intervals import qini_area_interval, qini_interval, uplift_at_k_interval
from evaluation.uplift.qini import qini_area, qini_coefficient, qini_curve
from evaluation.uplift.uplift_at_k import uplift_at_k

MEASURES = {
    "qini_coefficient": qini_coefficient,
    "qini_curve": qini_curve,
    "qini_area": qini_area,
    "qini_interval": qini_interval,
    "qini_area_interval": qini_area_interval,
    "auuc": auuc,
    "auuc_coefficient": auuc_coefficient,
    "uplift_curve": uplift_curve,
    "uplift_at_k": lambda *arrays: uplift_at_k(*arrays, 0.5),
    "uplift_at_k_interval": lambda *arrays: uplift_at_k_interval(*arrays, 0.5),
    "uplift_by_decile": lambda *arrays: uplift_by_decile(*arrays, bins=2),
}
BROKEN = [
    ([1, 0], [1, 0], [np.nan, 1], MissingValueError, "score has NaN in 1 rows"),
    ([1, np.nan], [1, 0], [0, 1], MissingValueError, "outcome has NaN"),
    ([1, 0], [1, None], [0, 1], MissingValueError, "treatment has NaN"),
    (pl.Series([1, None]), [1, 0], [0, 1], MissingValueError, "outcome has NaN"),
    ([1, 0, 1], [1, 0], [0, 1], ShapeError, "equal lengths"),
    ([1, 0], [1, 0], [0, 1, 2], ShapeError, "equal lengths"),
    ([], [], [], ShapeError, "at least one row"),
    ([[1]], [[1]], [[1]], ShapeError, "one-dimensional"),
    (["1", "0"], [1, 0], [0, 1], ShapeError, "array of numbers"),
    ([1, 0], [1, 2], [0, 1], trial.TreatmentValueError, "treatment must be 0 or 1"),
    ([1, 0], [1, -1], [0, 1], trial.TreatmentValueError, "treatment must be 0 or 1"),
    ([1, 0], [1, 0.5], [0, 1], trial.TreatmentValueError, "treatment must be 0 or 1"),
    ([np.inf, 0], [1, 0], [0, 1], trial.OutcomeValueError, "infinite"),
    ([1, 0], [1, 1], [0, 1], trial.OneArmError, r"one arm only \(treated\)"),
    ([1, 0], [0, 0], [0, 1], trial.OneArmError, r"one arm only \(control\)"),
    ([0, 0], [1, 0], [0, 1], trial.NoResponseError, "no responses"),
]


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(("outcome", "treatment", "score", "error", "message"), BROKEN)
def test_every_measure_names_the_broken_rule(
    name: str, outcome: object, treatment: object, score: object, error: type[Exception], message: str
) -> None:
    """One error type a rule, all of them ValueErrors."""
    with pytest.raises(error, match=message) as raised:
        MEASURES[name](outcome, treatment, score)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize(
    "kind", [list, np.array, lambda v: np.array(v, dtype=np.float32), pl.Series, lambda v: np.array(v, dtype=object)]
)
@pytest.mark.parametrize(
    "kind_of_bits", [list, lambda v: np.array(v, dtype=bool), lambda v: pl.Series(v, dtype=pl.Int8)]
)
def test_every_kind_of_array_gives_the_same_figure(kind: type, kind_of_bits: type) -> None:
    """Lists, NumPy of any number type, Polars."""
    outcome, treatment, score = [1, 0, 1, 0, 1, 0], [1, 0, 0, 1, 1, 0], [0.5, 0.25, 2, -1, 0.25, 3]
    expected = qini_coefficient(np.array(outcome), np.array(treatment), np.array(score))
    assert qini_coefficient(kind_of_bits(outcome), kind_of_bits(treatment), kind(score)) == expected
    assert qini_coefficient(kind(outcome), kind(treatment), kind(score)) == expected


def test_a_binary_trial_refuses_money() -> None:
    """Where a rule needs 0/1 it says so, and where to go instead."""
    with pytest.raises(trial.OutcomeValueError, match="take qini_area_interval"):
        qini_interval([3, 0], [1, 0], [0, 1])
    with pytest.raises(trial.OutcomeValueError, match="take auuc"):
        auuc_coefficient([3, 0], [1, 0], [0, 1])
