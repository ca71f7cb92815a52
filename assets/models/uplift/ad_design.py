"""From the columns of the uplift frame to one numeric matrix, and the encoding that makes it again elsewhere.

What belongs here: which columns enter, their names, one-hot levels, and JSON of all that. What does not: scaling
and imputation, which are a learner's own affair (`assets.models.uplift.learners.logit`): what is missing stays NaN.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from evaluation.arrays import Floats
from evaluation.insufficient import InsufficientDataError

__all__ = ["AdDesign"]


MIN_LEVEL_ROWS = 30
"""A categorical level that fewer rows have gets no column: its effect could not be told from noise."""
MAX_LEVELS = 30
"""Most frequent levels of one attribute that get a column."""


@dataclass(frozen=True, slots=True)
class AdDesign:
    """A fitted encoding. Columns: behaviour features, then numeric attributes, then ``attribute=level`` one-hots."""

    features: tuple[str, ...]
    numeric: tuple[str, ...]
    levels: tuple[tuple[str, str], ...]

    @property
    def names(self) -> list[str]:
        """Name of each column of the matrix."""
        return [*self.features, *self.numeric, *(f"{name}={value}" for name, value in self.levels)]

    @classmethod
    def fit(cls, frame: pl.DataFrame, features: Sequence[str] = ()) -> Self:
        """Choose the columns of an uplift frame: those of ``features`` and the attributes that vary.

        Args:
            frame: its attributes are in the columns numeric and categorical.
            features: names of behaviour columns, float64 with null for never; those that the frame lacks are left out.

        Raises:
            ValueError: the frame has no rows, or nothing in it varies.
        """
        if frame.height == 0:
            raise InsufficientDataError("the uplift frame has no rows: no exposure has its full attribution window yet")
        features = tuple(name for name in features if name in frame.columns and _varies(frame[name]))
        numbers, words = _attributes(frame, "numeric"), _attributes(frame, "categorical")
        numeric = tuple(
            str(name)
            for (name,), rows in sorted(numbers.group_by("name"), key=lambda group: str(group[0][0]))
            if _varies(rows["value"]) or rows["row"].n_unique() < frame.height
        )
        counted = (
            words.group_by("name", "value")
            .agg(pl.col("row").n_unique().alias("rows"))
            .filter((pl.col("rows") >= MIN_LEVEL_ROWS) & (pl.col("rows") < frame.height))
            .sort("name", "rows", "value", descending=[False, True, False])
            .group_by("name", maintain_order=True)
            .head(MAX_LEVELS)
        )
        levels = tuple((row["name"], row["value"]) for row in counted.iter_rows(named=True))
        design = cls(features, numeric, levels)
        if not design.names:
            raise InsufficientDataError(
                "no column of the uplift frame varies between users: there is nothing to tell their effects apart by"
            )
        return design

    def matrix(self, frame: pl.DataFrame) -> Floats:
        """float64[rows, columns] in the order of `names`; NaN = missing, a level not seen in `fit` has no column.

        Raises:
            ValueError: the frame lacks a behaviour column that the design was fitted with.
        """
        missing = [name for name in self.features if name not in frame.columns]
        if missing:
            raise ValueError(f"the frame lacks {', '.join(missing)}, with which this design was fitted")
        matrix = np.full((frame.height, len(self.names)), np.nan)
        for column, name in enumerate(self.features):
            matrix[:, column] = frame[name].cast(pl.Float64).to_numpy()
        start = len(self.features)
        places = {name: start + offset for offset, name in enumerate(self.numeric)}
        numbers = _attributes(frame, "numeric").filter(pl.col("name").is_in(list(places)))
        columns = numbers["name"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
        matrix[numbers["row"].to_numpy().astype(np.intp), columns.astype(np.intp)] = (
            numbers["value"].cast(pl.Float64).to_numpy()
        )
        start += len(self.numeric)
        matrix[:, start:] = 0.0
        levels = pl.DataFrame(
            {
                "name": [name for name, _ in self.levels],
                "value": [value for _, value in self.levels],
                "column": range(start, start + len(self.levels)),
            },
            schema={"name": pl.String, "value": pl.String, "column": pl.Int64},
        )
        words = _attributes(frame, "categorical").join(levels, on=["name", "value"], how="inner")
        # An infinite value carries no more than a missing one and would spoil every mean.
        matrix[np.isinf(matrix)] = np.nan
        matrix[words["row"].to_numpy().astype(np.intp), words["column"].to_numpy().astype(np.intp)] = 1.0
        return matrix

    def save(self, folder: Path) -> None:
        """Write ``design.json`` into an existing folder."""
        body = {"features": self.features, "numeric": self.numeric, "levels": self.levels}
        (folder / "design.json").write_text(json.dumps(body, indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / "design.json").read_text(encoding="utf-8"))
        levels = tuple((name, value) for name, value in body["levels"])
        return cls(tuple(body["features"]), tuple(body["numeric"]), levels)


def _varies(column: pl.Series) -> bool:
    return column.n_unique() > 1


def _attributes(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Long form of a list of {name, value}: row, name, value, in the frame's order (a later duplicate wins)."""
    value = pl.Float64 if column == "numeric" else pl.String
    if column not in frame.columns or not frame[column].list.len().sum():
        return pl.DataFrame(schema={"row": pl.Int64, "name": pl.String, "value": value})
    rows = frame.select(pl.int_range(pl.len()).alias("row"), pl.col(column))
    long = rows.filter(pl.col(column).list.len() > 0).explode(column)
    return (
        long.select(
            "row",
            pl.col(column).struct.field("name").alias("name"),
            pl.col(column).struct.field("value").cast(value).alias("value"),
        )
        .drop_nulls()
        .unique(["row", "name"], keep="last", maintain_order=True)
    )
