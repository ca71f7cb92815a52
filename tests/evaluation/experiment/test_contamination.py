"""Users of two arms, and first exposures."""

import polars as pl
import pytest

from evaluation.experiment.contamination import contamination, first_exposures


def log(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    """Exposures by user, campaign, arm and instant."""
    frame = pl.DataFrame(list(rows), schema=["user_id", "campaign_id", "arm", "ts"], orient="row")
    return frame.with_row_index("exposure_id").with_columns(pl.format("e{}", "exposure_id").alias("exposure_id"))


def test_one_user_in_both_arms_is_caught() -> None:
    """User b is in two arms of one campaign; a is in one arm twice and in another campaign's other arm."""
    exposures = log(("a", "x", "ad", 1), ("a", "x", "ad", 2), ("a", "y", "control", 3), ("b", "x", "ad", 4))
    assert contamination(exposures).passed
    result = contamination(pl.concat([exposures, log(("b", "x", "control", 5))]))
    assert (result.users, result.mixed, result.examples, result.passed) == (3, 1, ("b",), False)
    assert "first exposure" in result.verdict


def test_no_exposures_pass() -> None:
    """Nobody is in two arms of nothing."""
    result = contamination(log(("a", "x", "ad", 1)).clear())
    assert (result.users, result.mixed, result.passed) == (0, 0, True)


def test_first_exposures_by_campaign() -> None:
    """The earliest of each user and campaign, in time order."""
    first = first_exposures(
        log(("a", "x", "ad", 5), ("a", "x", "control", 2), ("a", "y", "ad", 9), ("b", "x", "ad", 1))
    )
    assert first.select("user_id", "campaign_id", "arm").rows() == [
        ("b", "x", "ad"),
        ("a", "x", "control"),
        ("a", "y", "ad"),
    ]


def test_broken_input_is_named() -> None:
    """A missing column."""
    with pytest.raises(ValueError, match="exposures lacks arm"):
        contamination(pl.DataFrame({"user_id": ["a"], "campaign_id": ["x"]}))
