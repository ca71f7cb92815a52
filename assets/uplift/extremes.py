"""Which numbers known of users are so far out that models do not take them as they are.

What belongs here: counts and words. What does not: the rule (`assets.models.uplift.whiskers`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.whiskers import Whiskers
from evaluation.arrays import Floats
from evaluation.insufficient import InsufficientDataError
from resources.tables import USER_FEATURES

__all__ = ["Extremes", "extremes", "extremes_table"]

MUCH = 1.5
"""A column whose deviation would be this many times as large with its extremes has values that nobody can have."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """The values of one attribute or feature that are clipped or taken for missing."""

    attribute: str
    lower: float
    upper: float
    """Bounds that values are clipped to."""
    below: int
    """Users with a value that is raised to the lower bound."""
    above: int
    unknown: int
    """Users with the sentinel, which counts as missing."""
    sentinel: float
    """NaN where there is none."""
    least: float
    largest: float
    inflation: float
    """Standard deviation of the values as they are / of those that are used."""

    @classmethod
    def of(cls, attribute: str, values: Floats) -> Self | None:
        """Count those of a column, float64[n] with NaN = missing; none where every value is ordinary."""
        known = values[~np.isnan(values)]
        whiskers = Whiskers.fit(known[:, None])
        (lower,), (upper,), (sentinel,) = (
            ends.tolist() for ends in (whiskers.lower, whiskers.upper, whiskers.sentinel)
        )
        below, above, unknown = known < lower, known > upper, known == sentinel
        if not (below | above).any():
            return None
        used = whiskers.winsorised(known[:, None])[:, 0]
        with np.errstate(over="ignore", invalid="ignore"):  # a value near the largest float: the deviation is infinite
            raw = float(np.nan_to_num(known.std(), nan=np.inf))
        spread = float(used[~np.isnan(used)].std())
        return cls(
            attribute=attribute,
            lower=lower,
            upper=upper,
            below=int((below & ~unknown).sum()),
            above=int((above & ~unknown).sum()),
            unknown=int(unknown.sum()),
            sentinel=sentinel,
            least=float(known.min()),
            largest=float(known.max()),
            inflation=raw / spread if spread > 0 else np.inf,
        )

    @property
    def is_absurd(self) -> bool:
        """Whether they would have decided the column's deviation."""
        return self.inflation > MUCH

    def in_words(self) -> str:
        """What is done with how many values, and why."""
        told = []
        if self.above:
            told.append(f"{self.above:,} above {self.upper:g} (up to {self.largest:g}) count as {self.upper:g}")
        if self.below:
            told.append(f"{self.below:,} below {self.lower:g} (down to {self.least:g}) count as {self.lower:g}")
        if self.unknown:
            told.append(f"{self.unknown:,} of {self.sentinel:g} count as missing")
        return f"{self.attribute}: {', '.join(told)}"


def extremes(firsts: pl.DataFrame) -> list[Extremes]:
    """Of every numeric attribute and feature that varies, those that inflate its deviation most first.

    Args:
        firsts: a campaign's exposures, each user once, as `assets.models.uplift.ad_design.AdDesign.fit` takes them.
    """
    try:
        design = AdDesign.fit(firsts, USER_FEATURES)
    except InsufficientDataError:
        return []
    numbers = AdDesign(design.features, design.numeric, ())
    columns = zip(numbers.names, numbers.matrix(firsts).T, strict=True)
    found = [extreme for name, values in columns if (extreme := Extremes.of(name, values)) is not None]
    return sorted(found, key=lambda extreme: -extreme.inflation)


def extremes_table(found: Sequence[Extremes]) -> str:
    """All of them as Markdown."""
    lines = ["| attribute | bounds | users above | users below | taken for missing |", "|---|---|---|---|---|"]
    lines += [
        f"| {of.attribute} | {of.lower:g} to {of.upper:g} | {of.above:,} | {of.below:,} "
        f"| {f'{of.unknown:,} of {of.sentinel:g}' if of.unknown else '0'} |"
        for of in found
    ]
    return "\n".join(lines)
