"""Users in groups by what is known of them: levels of words, quarters of numbers.

What belongs here: names of groups. What does not: effects (`evaluation.experiment.average_effect`).
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.tables import USER_FEATURES

__all__ = ["groups_of", "numbers_of", "words_of"]

QUARTERS = (0.25, 0.5, 0.75)


def groups_of(
    numbers: Mapping[str, NDArray[np.float64]], words: Mapping[str, NDArray[np.object_]]
) -> dict[str, NDArray[np.object_]]:
    """Attribute or feature → name of each row's group, object[n]; None where the value is not known.

    Args:
        numbers: as `numbers_of`.
        words: as `words_of`.
    """
    return {name: _quarters(values) for name, values in numbers.items()} | dict(words)


def words_of(frame: pl.DataFrame) -> dict[str, NDArray[np.object_]]:
    """Attribute → level of each row's user, object[n]; None where it is not known.

    Args:
        frame: with ``categorical`` lists of names and values.
    """
    words = _attributes(frame, "categorical")
    return {name: np.asarray(values.to_numpy(allow_copy=True), dtype=np.object_) for name, values in words.items()}


def numbers_of(frame: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Attribute or feature → number of each row, float64[n]; NaN where it is not known.

    Args:
        frame: with ``numeric`` lists of names and values, and the columns of `USER_FEATURES`.
    """
    columns = {name: frame[name] for name in USER_FEATURES} | _attributes(frame, "numeric")
    return {name: values.cast(pl.Float64).to_numpy() for name, values in columns.items()}


def _attributes(frame: pl.DataFrame, kind: str) -> dict[str, pl.Series]:
    """One column an attribute, in the order of the frame."""
    rows = frame.select(pl.int_range(pl.len()).alias("row"), pl.col(kind).alias("of"))
    long = rows.explode("of").filter(pl.col("of").is_not_null()).unnest("of").drop_nulls()
    by_name = {
        str(name): of.unique("row", keep="last") for (name,), of in long.partition_by("name", as_dict=True).items()
    }
    every = rows.select("row")
    return {
        name: every.join(by_name[name], on="row", how="left", maintain_order="left")["value"]
        for name in sorted(by_name)
    }


def _quarters(numbers: NDArray[np.float64]) -> NDArray[np.object_]:
    """Quarters of equally many users, by the values where one ends; fewer where many share a value."""
    known = np.isfinite(numbers)
    names = np.full(len(numbers), None, dtype=np.object_)
    if not known.any():
        return names
    cuts = np.unique(np.quantile(numbers[known], QUARTERS, method="inverted_cdf"))
    cuts = cuts[cuts > numbers[known].min()]
    labels = ["all"] if not len(cuts) else [f"below {cuts[0]:g}"]
    labels += [f"{low:g} to below {high:g}" for low, high in pairwise(cuts)]
    labels += [f"{cuts[-1]:g} and above"] if len(cuts) else []
    names[known] = np.array(labels, dtype=np.object_)[np.searchsorted(cuts, numbers[known], side="right")]
    return names
