"""Segments by hand, and their profile."""

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.segments import SEGMENTS, assign_segments, segment_profile, shown_effects
from evaluation.experiment.average_effect import GroupEffect
from evaluation.resampling.bootstrap import Interval
from resources.tables import USER_FEATURES


def test_rule_by_hand() -> None:
    """By the interval first, then by the rate without the ad; bounds at 0 are not beyond it."""
    scores = pl.DataFrame(
        {
            "uplift": [0.1, -0.15, 0.0, 0.0, 0.1, -0.1],
            "lower": [0.01, -0.2, -0.1, -0.1, 0.0, -0.3],
            "upper": [0.20, -0.1, 0.1, 0.1, 0.2, 0.0],
            "p_control": [0.9, 0.9, 0.3, 0.29, 0.1, 0.5],
        }
    )
    assert assign_segments(scores, 0.3).to_list() == [
        "persuadable",
        "sleeping_dog",
        "sure_thing",
        "lost_cause",
        "lost_cause",
        "sure_thing",
    ]


def test_users_of_a_group_that_the_trial_shows_to_be_moved() -> None:
    """Their own interval comes first, then their group's effect, where their own is not of the other sign."""
    scores = pl.DataFrame(
        {
            "uplift": [0.1, 0.1, -0.1, -0.1, 0.1, 0.2],
            "lower": [-0.1, -0.1, -0.3, -0.3, -0.1, 0.1],
            "upper": [0.3, 0.3, 0.1, 0.1, 0.3, 0.3],
            "p_control": [0.1] * 6,
        }
    )
    shown = np.array([1, 0, 1, -1, -1, -1], dtype=np.int8)
    assert assign_segments(scores, 0.3, shown).to_list() == [
        "persuadable",
        "lost_cause",
        "lost_cause",
        "sleeping_dog",
        "lost_cause",
        "persuadable",
    ]


def test_a_group_is_shown_to_be_moved_where_its_interval_says_so() -> None:
    """Below 35 helped, Bern harmed, both at once nothing; a pair is of nobody, and who is not known of no group."""
    groups = [
        GroupEffect("age", "below 35", 9, Interval(0.2, 0.1, 0.3), 0.01, high=35.0),
        GroupEffect("age", "35 and above", 9, Interval(0.0, -0.1, 0.1), 0.01, low=35.0),
        GroupEffect("city", "Bern", 9, Interval(-0.2, -0.3, -0.1), 0.01),
        GroupEffect("age × city", "below 35 × Bern", 9, Interval(0.2, 0.1, 0.3), 0.01),
    ]
    age = np.array([34.9, 35.0, 20.0, np.nan, 60.0])
    city = np.array(["Basel", "Basel", "Bern", None, "Bern"], dtype=object)
    assert shown_effects(groups, {"age": age}, {"city": city}).tolist() == [1, 0, 0, 0, -1]


def test_no_users() -> None:
    """An empty frame gives an empty series of strings."""
    empty = pl.DataFrame(
        schema={"uplift": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "p_control": pl.Float64}
    )
    assert assign_segments(empty, 0.1).dtype == pl.String


def test_profile_by_hand() -> None:
    """Views 0, 0, 4, 4 (mean 2, sd 2.31) tell the segments apart by ∓.866; the sparse column counts what is there."""
    frame = pl.DataFrame(
        {"views_7d": [0.0, 0, 4, 4], "orders_in_history": [1.0, 2, 1, 2], "carts_30d": [None, None, 1.0, 2.0]}
    )
    design = AdDesign(("orders_in_history", "views_7d", "carts_30d"), (), ())
    profile = segment_profile(frame, pl.Series(["lost_cause"] * 2 + ["persuadable"] * 2), design)
    assert profile["segment"].to_list() == ["persuadable"] * 3 + ["lost_cause"] * 3
    first = profile.row(0, named=True)
    assert (first["feature"], first["users"], first["share"], first["mean"], first["mean_all"]) == (
        "views_7d", 2, 0.5, 4.0, 2.0,
    )  # fmt: skip
    assert first["difference"] == pytest.approx(2 / (16 / 3) ** 0.5)
    unseen = profile.filter((pl.col("segment") == "lost_cause") & (pl.col("feature") == "carts_30d"))
    assert unseen.row(0, named=True)["mean"] is None
    assert profile["top"].all()


def test_an_absurd_value_does_not_make_a_profile() -> None:
    """Views of 0 to 99, and once 1e12, which counts as 99."""
    frame = pl.DataFrame({"views_7d": [1e12, *map(float, range(100))]})
    segment = pl.Series(["persuadable"] * 51 + ["lost_cause"] * 50)
    first = segment_profile(frame, segment, AdDesign(("views_7d",), (), ())).row(0, named=True)
    assert first["mean"] == pytest.approx((99 + sum(range(50))) / 51)
    assert first["mean_all"] == pytest.approx((99 + sum(range(100))) / 101)


def test_profile_marks_three(trial) -> None:  # noqa: ANN001  (a fixture's type lives in conftest)
    """The features that decide the segment in the simulation are its top ones."""
    orders = trial.frame["orders_in_history"]
    segment = pl.select(pl.when(orders >= 3).then(pl.lit("sure_thing")).otherwise(pl.lit("lost_cause"))).to_series()
    profile = segment_profile(trial.frame, segment, AdDesign.fit(trial.frame, USER_FEATURES))
    assert profile.group_by("segment").agg(pl.col("top").sum())["top"].to_list() == [3, 3]
    assert profile.filter(pl.col("segment") == "sure_thing").row(0, named=True)["feature"] == "orders_in_history"


def test_broken_input_is_named() -> None:
    """Rules of the inputs."""
    with pytest.raises(ValueError, match="base_rate"):
        assign_segments(pl.DataFrame({"uplift": [0.0], "lower": [0.0], "upper": [0.0], "p_control": [0.0]}), 1.5)
    with pytest.raises(ValueError, match="same users"):
        segment_profile(pl.DataFrame({"views_7d": [1.0]}), pl.Series([], dtype=pl.String), AdDesign((), (), ()))
    assert len(SEGMENTS) == 4
