"""The four segments of uplift: whom an ad moves, whom it cannot, and whom it puts off.

What belongs here: the rule and a profile of each segment. What does not: scores.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.whiskers import Whiskers
from evaluation.arrays import Floats
from evaluation.experiment.average_effect import GroupEffect
from evaluation.experiment.who_responds import is_member

__all__ = ["PROFILE_FILE", "RESPONDERS_FILE", "SEGMENTS", "assign_segments", "segment_profile", "shown_effects"]

SEGMENTS = ("persuadable", "sure_thing", "lost_cause", "sleeping_dog")

PROFILE_FILE = "profile.json"
"""Rows of `segment_profile`, beside the scores."""
RESPONDERS_FILE = "responders.json"
"""Groups of the experiment that respond unlike others beyond chance, beside the scores."""
TOP_FEATURES = 3
"""Features by which a profile tells a segment apart."""


def shown_effects(
    responders: Sequence[GroupEffect], numbers: Mapping[str, Floats], words: Mapping[str, NDArray[np.object_]]
) -> NDArray[np.int8]:
    """What a trial shows of each user's group: 1 where it helps, -1 where it harms, else 0; int8[n].

    Args:
        responders: groups that differ from others beyond chance, with intervals of their effects that hold for all.
        numbers: attribute → value of each user, float64[n].
        words: attribute → level of each user, object[n].
    """
    n = len(next(iter([*numbers.values(), *words.values()]), ()))
    helped, harmed = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for group in responders:
        members = is_member(group, numbers, words)
        if members is not None:
            helped |= members & (group.effect.lower > 0)
            harmed |= members & (group.effect.upper < 0)
    return helped.astype(np.int8) - harmed.astype(np.int8)


def assign_segments(scores: pl.DataFrame, base_rate: float, shown: NDArray[np.int8] | None = None) -> pl.Series:
    """Segment of each user by the interval of the effect, a String series named ``segment``.

    persuadable: lower > 0, the ad surely helps; sleeping_dog: upper < 0, it surely harms. So are users whose own
    interval holds 0, but whose group the trial shows to be helped, or harmed, if their own effect has that sign too. Of
    the rest, whose effect may be nil, sure_thing: p_control at or above ``base_rate``, they buy anyway; lost_cause:
    below it.

    Args:
        scores: columns uplift, lower, upper, p_control.
        base_rate: outcome rate without the ad, in [0, 1].
        shown: as `shown_effects` gives it, int8[n]; none where no group is named.

    Raises:
        ValueError: base_rate out of range.
    """
    if not 0 <= base_rate <= 1:
        raise ValueError(f"base_rate is the outcome rate without the ad, in [0, 1], got {base_rate}")
    groups = pl.Series("shown", np.zeros(scores.height, dtype=np.int8) if shown is None else shown)
    return (
        scores.with_columns(groups)
        .select(
            pl.when(pl.col("lower") > 0)
            .then(pl.lit("persuadable"))
            .when(pl.col("upper") < 0)
            .then(pl.lit("sleeping_dog"))
            .when((pl.col("shown") > 0) & (pl.col("uplift") > 0))
            .then(pl.lit("persuadable"))
            .when((pl.col("shown") < 0) & (pl.col("uplift") < 0))
            .then(pl.lit("sleeping_dog"))
            .when(pl.col("p_control") >= base_rate)
            .then(pl.lit("sure_thing"))
            .otherwise(pl.lit("lost_cause"))
            .alias("segment")
        )
        .to_series()
    )


def segment_profile(frame: pl.DataFrame, segment: pl.Series, design: AdDesign) -> pl.DataFrame:
    """How each segment differs: one row a segment and feature, the most telling features first.

    Args:
        frame: the features of the users, as for `AdDesign.matrix`.
        segment: their segments, in the same order.
        design: names the features.

    Returns:
        segment, users, share, feature, mean (in the segment), mean_all, difference ((mean - mean_all) / standard
        deviation over all), top (whether among the 3 largest differences of the segment). Segments in the order of
        `SEGMENTS`, empty ones left out; means leave missing values out and are null where all are missing. Values
        are winsorised (`assets.models.uplift.whiskers`).

    Raises:
        ValueError: frame and segment differ in length.
    """
    if frame.height != len(segment):
        raise ValueError(f"frame has {frame.height} users but segment {len(segment)}: must be the same users")
    X = design.matrix(frame)
    features = pl.DataFrame(Whiskers.fit(X).winsorised(X), schema=design.names, orient="row").fill_nan(None)
    overall = {name: (features[name].mean(), features[name].std()) for name in design.names}
    rows = []
    for name in SEGMENTS:
        members = features.filter(segment == name)
        if members.height == 0:
            continue
        for feature in design.names:
            mean, (mean_all, spread) = members[feature].mean(), overall[feature]
            numbers = [float(x) for x in (mean, mean_all, spread) if isinstance(x, int | float)]
            telling = len(numbers) == 3 and numbers[2] > 0
            rows.append(
                {
                    "segment": name,
                    "users": members.height,
                    "share": members.height / frame.height,
                    "feature": feature,
                    "mean": mean,
                    "mean_all": mean_all,
                    "difference": (numbers[0] - numbers[1]) / numbers[2] if telling else 0.0,
                }
            )
    schema = {"segment": pl.String, "users": pl.Int64, "share": pl.Float64, "feature": pl.String}
    floats = dict.fromkeys(("mean", "mean_all", "difference"), pl.Float64)
    profile = pl.DataFrame(rows, schema={**schema, **floats})
    place = {name: number for number, name in enumerate(SEGMENTS)}
    return (
        profile.with_columns(
            pl.col("segment").replace_strict(place, return_dtype=pl.Int64).alias("place"),
            pl.col("difference").abs().alias("size"),
        )
        .sort("place", "size", "feature", descending=[False, True, False])
        .with_columns((pl.int_range(pl.len()).over("segment") < TOP_FEATURES).alias("top"))
        .drop("place", "size")
    )
