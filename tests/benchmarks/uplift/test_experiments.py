"""All checks together: faults that are planted are caught, clean experiments are left in peace."""

import pytest

from benchmarks.uplift.experiments import alarms, experiment
from tests.trials import TRIALS, possible

CAUGHT_BY = {
    "split": ("sample ratio",),
    "leak": ("balance", "classifier"),
    "both_arms": ("contamination",),
    "no_overlap": ("overlap",),
    "late_feature": ("feature order",),
}


@pytest.mark.parametrize("fault", list(CAUGHT_BY))
def test_a_planted_fault_is_caught_by_its_check_alone(fault: str) -> None:
    """The check that names the fault fails and no other one does."""
    rows = {"split": 100_000, "leak": 20_000}.get(fault, 5_000)
    failed = alarms(experiment(rows, 1, fault), observational=fault == "no_overlap")
    assert tuple(sorted(name for name, bad in failed.items() if bad)) == CAUGHT_BY[fault]


@pytest.mark.slow
def test_clean_experiments_raise_no_alarm() -> None:
    """No check at all fails in at least 95 in 100 clean experiments of 5,000 users and 15 features."""
    quiet = sum(not any(alarms(experiment(5_000, seed)).values()) for seed in range(TRIALS))
    assert possible(quiet / TRIALS, 0.95)


def test_an_unknown_fault_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="unknown fault 'x'"):
        experiment(10, 0, "x")
