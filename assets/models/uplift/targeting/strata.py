"""Strata of users by what is known of them: behaviour, attributes, or the segment of an earlier campaign.

What belongs here: names of strata. What does not: the draw within them (`assets.models.uplift.targeting.assignment`).
"""

from collections.abc import Sequence

import polars as pl

__all__ = ["BOUGHT", "BY_DEFAULT", "MAX_LEVELS", "MAX_NAMES", "QUANTILES", "SEGMENT", "strata_of"]

BOUGHT, ACTIVITY, SEGMENT = "bought", "days_since_last_seen", "segment"
BY_DEFAULT = (BOUGHT, ACTIVITY)
"""Whether somebody bought in the history, and how long ago the last visit was."""
MAX_NAMES = 5
"""Names that strata may be made by."""
QUANTILES = 4
"""Groups of about one size that a number makes; those without the number are another."""
MAX_LEVELS = 20
"""Most frequent words of an attribute that are told apart; the rest is one group."""


def strata_of(profiles: pl.DataFrame, names: Sequence[str] = BY_DEFAULT) -> pl.Series:
    """The stratum of each user, such as ``bought=yes, region=north``: str[n].

    Args:
        profiles: Columns of the table ``user_profiles``, and maybe ``segment``.
        names: ``bought``, a behaviour column, ``segment``, or an attribute; none for one stratum.

    Raises:
        ValueError: A name that there is not, with those that there are; one twice, or too many.
    """
    if len(names) > MAX_NAMES or len(set(names)) < len(names):
        raise ValueError(f"strata are made by up to {MAX_NAMES} different names, got {', '.join(names)}")
    if not names:
        return pl.Series("stratum", ["all"] * profiles.height, dtype=pl.String)
    groups = [_groups(profiles, name) for name in names]
    parts = [pl.format("{}={}", pl.lit(name), group) for name, group in zip(names, groups, strict=True)]
    return pl.select(pl.concat_str(parts, separator=", ").alias("stratum")).to_series()


def _groups(profiles: pl.DataFrame, name: str) -> pl.Series:
    """The group of each user by one name, as text."""
    if name == BOUGHT:
        bought = profiles["orders_in_history"].fill_null(0) > 0
        return pl.select(pl.when(bought).then(pl.lit("yes")).otherwise(pl.lit("no"))).to_series()
    if name in profiles.columns and profiles.schema[name] == pl.String and name != "user_id":
        return _levels(profiles[name])
    if name in profiles.columns and profiles.schema[name].is_numeric():
        return _quantiles(profiles[name])
    for kind, grouped in (("numeric", _quantiles), ("categorical", _levels)):
        if name in _attributes(profiles, kind):
            return grouped(_attribute(profiles, kind, name))
    behaviour = [column for column, kind in profiles.schema.items() if kind.is_numeric()]
    known = [BOUGHT, *behaviour, *_attributes(profiles, "numeric"), *_attributes(profiles, "categorical")]
    raise ValueError(f"nothing known of users is called {name!r}; there are {', '.join(known)}")


def _attributes(profiles: pl.DataFrame, kind: str) -> list[str]:
    """Names of the attributes of one kind that anybody has."""
    names = profiles[kind].explode(empty_as_null=True).drop_nulls().struct.field("name")
    return sorted(set(names.drop_nulls()))


def _attribute(profiles: pl.DataFrame, kind: str, name: str) -> pl.Series:
    """One attribute of each user, null where it is not known; of one told twice the last."""
    is_it = pl.element().struct.field("name") == name
    return profiles.select(pl.col(kind).list.filter(is_it).list.last().struct.field("value").alias(name))[name]


def _quantiles(numbers: pl.Series) -> pl.Series:
    """Of numbers the quarter that each is in, equal ones together: ``1 of 4``; ``unknown`` for null."""
    known = numbers.cast(pl.Float64).fill_nan(None)
    cuts = sorted(
        {float(at) for k in range(1, QUANTILES) if (at := known.quantile(k / QUANTILES, "lower")) is not None}
    )
    frame = pl.DataFrame({"value": known})
    group = sum((pl.col("value") > cut for cut in cuts), start=pl.lit(1))
    named = pl.format("{} of {}", group, pl.lit(len(cuts) + 1))
    return frame.select(pl.when(pl.col("value").is_null()).then(pl.lit("unknown")).otherwise(named)).to_series()


def _levels(words: pl.Series) -> pl.Series:
    """Words as they are, the rare ones together as ``other``; ``unknown`` for null."""
    counts = words.drop_nulls().rename("word").value_counts().sort("count", "word", descending=[True, False])
    frequent = counts["word"].head(MAX_LEVELS).to_list()
    kept = pl.when(pl.col("word").is_in(frequent)).then("word").otherwise(pl.lit("other"))
    named = pl.when(pl.col("word").is_null()).then(pl.lit("unknown")).otherwise(kept)
    return words.rename("word").to_frame().select(named).to_series()
