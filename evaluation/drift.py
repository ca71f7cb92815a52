"""Do users still look like those the model was trained on? Population stability index of features and scores.

What belongs here: bins of the training frame, kept as JSON, and the comparison of later frames with them. What does
not: whether the model still works (`evaluation.uplift.rolling_qini`).
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

import numpy as np
import polars as pl

from evaluation.arrays import Floats

__all__ = ["MAJOR", "MODERATE", "Drift", "DriftReference", "FeatureDrift", "Level"]

Level = Literal["stable", "moderate", "major"]

MODERATE, MAJOR = 0.1, 0.25
"""The usual thresholds of the index (Siddiqi 2006)."""
QUANTILE_BINS = 10
MAX_LEVELS = 30
"""Most frequent levels of a categorical column that are bins of their own."""
CHANCE = 0.999
"""A frame too small to tell is not called drifted: the index must exceed this quantile of what chance gives."""
OTHER = "other"


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One column compared with the training frame."""

    feature: str
    psi: float
    """Σ (now - then) * ln(now / then) over the bins, at least 0."""
    level: Level
    moved: str
    """The bin that adds most to the index, with its shares then and now."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Every column, the most drifted first."""

    features: tuple[FeatureDrift, ...]
    rows: int
    passed: bool
    """No column has drifted majorly."""
    verdict: str


@dataclass(frozen=True, slots=True)
class _Bins:
    """Bins of one column: the last but one are what no bin has (categorical only), the last the missing values."""

    cuts: tuple[float, ...] | None
    """Upper bounds of all numeric bins but the last, inclusive; none for a categorical column."""
    levels: tuple[str, ...]
    counts: tuple[int, ...]

    def names(self) -> list[str]:
        if self.cuts is None:
            return [*self.levels, OTHER, "missing"]
        if not self.cuts:
            return ["any", "missing"]
        # The first cut is next to the least value, which is named in its place.
        edges = [f"{cut:.4g}" for cut in (float(np.nextafter(self.cuts[0], np.inf)) + 0.0, *self.cuts[1:])]
        between = [low if low == high else f"{low} to {high}" for low, high in pairwise(edges)]
        return [f"below {edges[0]}", *between, f"above {edges[-1]}", "missing"]

    def counted(self, column: pl.Series) -> list[int]:
        """Rows of ``column`` in each bin."""
        if self.cuts is None:
            places = {level: number for number, level in enumerate(self.levels)}
            counts_by_level = column.cast(pl.String).drop_nulls().value_counts(name="rows")
            counts = [0] * (len(self.levels) + 2)
            for level, rows in counts_by_level.iter_rows():
                counts[places.get(level, len(self.levels))] += rows
            counts[-1] = column.null_count()
            return counts
        values = _numbers(column)
        known = values[~np.isnan(values)]
        inside = np.bincount(np.searchsorted(self.cuts, known, side="left"), minlength=len(self.cuts) + 1)
        return [*(int(count) for count in inside), int(values.size - known.size)]


def _numbers(column: pl.Series) -> Floats:
    """A numeric column as float64[n] with NaN for what is missing."""
    return np.asarray(column.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)


def _binned(column: pl.Series) -> _Bins:
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        values = _numbers(column)
        known = values[~np.isnan(values)]
        cuts: tuple[float, ...] = ()
        if known.size:
            quantiles = np.quantile(known, np.arange(1, QUANTILE_BINS) / QUANTILE_BINS, method="inverted_cdf")
            # Many users share a value such as 0: its quantiles are one cut. What is below the least value is a bin of
            # its own, so that a column that never varied is told from one that moved either way.
            below = np.nextafter(known.min(), -np.inf)
            cuts = tuple(float(cut) for cut in np.unique(np.append(quantiles, below)))
        empty = _Bins(cuts, (), ())
    else:
        counts_by_level = column.cast(pl.String).drop_nulls().value_counts(name="rows")
        name = counts_by_level.columns[0]
        ranked = counts_by_level.sort(["rows", name], descending=[True, False])[name].head(MAX_LEVELS).to_list()
        empty = _Bins(None, tuple(ranked), ())
    return _Bins(empty.cuts, empty.levels, tuple(empty.counted(column)))


@dataclass(frozen=True, slots=True)
class DriftReference:
    """The training frame as counts in bins: deciles of numeric columns, levels of the others, missing values."""

    bins: dict[str, _Bins]

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Bin every column of the training frame; a score is a column like any other.

        Raises:
            ValueError: no rows or no columns.
        """
        if frame.height == 0 or frame.width == 0:
            raise ValueError("the training frame has no rows or no columns: there is nothing to compare with")
        return cls({name: _binned(frame[name]) for name in frame.columns})

    def save(self, path: Path) -> None:
        """Write JSON."""
        body = {name: asdict(bins) for name, bins in self.bins.items()}
        path.write_text(json.dumps(body, indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            {
                name: _Bins(
                    None if bins["cuts"] is None else tuple(bins["cuts"]), tuple(bins["levels"]), tuple(bins["counts"])
                )
                for name, bins in body.items()
            }
        )

    def compare(self, frame: pl.DataFrame) -> Drift:
        """Compare a later frame with the training frame; columns that the reference does not know are ignored.

        A bin that is empty in one of the frames is counted as half a row, so that the index stays finite.

        Raises:
            ValueError: no rows, or a column of the reference is missing.
        """
        if frame.height == 0:
            raise ValueError("the frame has no rows: there is nothing to compare")
        if missing := [name for name in self.bins if name not in frame.columns]:
            raise ValueError(f"the frame lacks {', '.join(missing)}, which the training frame had")
        drifts = [_drift(name, bins, bins.counted(frame[name])) for name, bins in self.bins.items()]
        drifts.sort(key=lambda feature: (-feature.psi, feature.feature))
        return Drift(tuple(drifts), frame.height, all(d.level != "major" for d in drifts), _in_words(drifts, frame))


def _drift(name: str, bins: _Bins, counts: list[int]) -> FeatureDrift:
    from scipy.stats import chi2

    then, now = np.array(bins.counts, dtype=np.float64), np.array(counts, dtype=np.float64)
    used = (then + now) > 0
    shares = [np.maximum(side, 0.5) / side.sum() for side in (then, now)]
    parts = np.where(used, (shares[1] - shares[0]) * np.log(shares[1] / shares[0]), 0.0)
    psi = float(parts.sum())
    # Without drift the index is χ² with bins - 1 degrees of freedom times 1/n + 1/m (Yurdakul 2018).
    noise = 1 / then.sum() + 1 / now.sum()
    chance = float(chi2.ppf(CHANCE, max(int(used.sum()) - 1, 1)) * noise)
    level: Level = "stable"
    if psi > max(MODERATE, chance):
        level = "major" if psi > MAJOR else "moderate"
    most = int(np.argmax(parts))
    moved = f"{bins.names()[most]}: {then[most] / then.sum():.1%} then, {now[most] / now.sum():.1%} now"
    return FeatureDrift(name, psi, level, moved)


def _in_words(features: list[FeatureDrift], frame: pl.DataFrame) -> str:
    drifted = [feature for feature in features if feature.level != "stable"]
    if not drifted:
        return (
            f"{len(features)} columns of {frame.height:,} users look like the training frame (largest index "
            f"{features[0].psi:.3f}, {features[0].feature}). The model's figures still apply."
        )
    named = "; ".join(f"{d.feature} {d.psi:.2f} ({d.level}; {d.moved})" for d in drifted[:5])
    more = f"; and {len(drifted) - 5} more" if len(drifted) > 5 else ""
    if any(feature.level == "major" for feature in drifted):
        return (
            f"{len(drifted)} of {len(features)} columns have drifted: {named}{more}. Users are no longer those that "
            "the model was trained on: look whether the source has changed, then train again and measure on new "
            "holdout users before the scores are used for money."
        )
    return (
        f"{len(drifted)} of {len(features)} columns have moved: {named}{more}. Watch them, look at the rolling Qini, "
        "and train again if it falls."
    )
