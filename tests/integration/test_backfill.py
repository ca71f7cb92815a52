"""One run over many days gives what runs of single days give, in whatever order the days are read."""

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.integration.home import Pipeline

FIRST = date(2026, 1, 1)


def day(number: int) -> str:
    """The shop's ``number``-th day, from 1."""
    return (FIRST + timedelta(days=number - 1)).isoformat()


def assert_same_tables(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame], *, last: str) -> None:
    """The days up to ``last`` are the same in every table that ``other`` has."""
    for name, frame in other.items():
        until = frame.filter(pl.col("day") <= last)
        assert_frame_equal(one[name].filter(pl.col("day") <= last), until, check_exact=True)


@pytest.mark.slow
def test_single_days_give_what_one_run_gives(finished: Pipeline, make_pipeline: Callable[..., Pipeline]) -> None:
    """Days 1 to 5 in one run, 8, 7, 6 read in this order, then features of 6, 7, 8: all as in one run of 12 days."""
    pipeline = make_pipeline()
    backwards = [f"raw:{day(n)}:{day(n)}" for n in (8, 7, 6)]
    pipeline.run(f"tables:{day(1)}:{day(5)}", *backwards, *(f"features:{day(n)}:{day(n)}" for n in (6, 7, 8)))
    tables = pipeline.tables()
    assert_same_tables(finished.tables(), tables, last=day(8))
    assert tables["ad_frame"]["day"].n_unique() >= 3, "the frame must have days, or nothing was compared"
    assert tables["user_profiles"]["day"].n_unique() == 8


@pytest.mark.slow
def test_models_of_single_days_are_those_of_one_run(make_pipeline: Callable[..., Pipeline]) -> None:
    """12 days: every table, and the models as of a day inside, file by file."""
    at_once, day_by_day = make_pipeline(), make_pipeline()
    at_once.run(f"tables:{day(1)}:{day(12)}", f"models:{day(10)}")
    day_by_day.run(*(f"tables:{day(n)}:{day(n)}" for n in range(1, 13)), f"models:{day(10)}")
    tables = at_once.tables()
    assert tables["ad_frame"]["day"].n_unique() >= 3, "the frame must have days, or nothing was compared"
    assert_same_tables(tables, day_by_day.tables(), last=day(12))
    assert at_once.model_hashes() == day_by_day.model_hashes()
    assert at_once.release_version(day(10)) == day_by_day.release_version(day(10))
