"""The interval of a mean over clusters."""

import numpy as np
import pytest

from evaluation.resampling.clustered_mean import clustered_mean_interval


def test_a_cluster_counts_as_one() -> None:
    """The same mean; 100 rows of 4 clusters say no more than the 4, so their interval is wider than of 100."""
    values = np.tile([0.0, 0.2, 0.6, 1.0], 25)
    four = clustered_mean_interval(values, np.tile(np.arange(4), 25))
    hundred = clustered_mean_interval(values, np.arange(100))
    assert four.estimate == hundred.estimate == values.mean()
    assert four.upper - four.lower > 3 * (hundred.upper - hundred.lower)


def test_names_of_clusters_do_not_matter() -> None:
    """Words or numbers, in any order of the rows."""
    values, names = np.array([0.1, 0.5, 0.3, 0.9]), np.array(["a", "b", "a", "c"])
    assert clustered_mean_interval(values, names) == clustered_mean_interval(values, [5, 6, 5, 9])


def test_unequal_lengths() -> None:
    """A label a row."""
    with pytest.raises(ValueError, match="one of each a row"):
        clustered_mean_interval([0.1, 0.2], ["a"])
