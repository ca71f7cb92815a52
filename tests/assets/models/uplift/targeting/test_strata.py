"""Strata by what is known of users."""

import polars as pl
import pytest

from assets.models.uplift.targeting.strata import strata_of
from resources.tables import TABLES


def profiles(**columns: object) -> pl.DataFrame:
    """Users with these columns, and nothing known besides."""
    height = len(next(iter(columns.values())))  # type: ignore[arg-type]
    empty = {name: [None] * height for name in TABLES["user_profiles"]} | {"user_id": [str(n) for n in range(height)]}
    return pl.DataFrame(empty | columns, schema_overrides=dict(TABLES["user_profiles"]))


def test_by_default_bought_before_and_activity() -> None:
    """Numbers in quarters; who was never seen is a group of its own."""
    users = profiles(orders_in_history=[0.0, 1.0, None, 2.0, 0.0], days_since_last_seen=[1.0, 2.0, None, 3.0, 4.0])
    assert strata_of(users).to_list() == [
        "bought=no, days_since_last_seen=1 of 4",
        "bought=yes, days_since_last_seen=2 of 4",
        "bought=no, days_since_last_seen=unknown",
        "bought=yes, days_since_last_seen=3 of 4",
        "bought=no, days_since_last_seen=4 of 4",
    ]


def test_by_attributes_and_segment() -> None:
    """Equal numbers stay together, so that there may be fewer groups."""
    users = profiles(
        numeric=[[{"name": "age", "value": 30.0}], [{"name": "age", "value": 30.0}], [{"name": "age", "value": 60.0}]],
        categorical=[[{"name": "region", "value": "north"}], [], [{"name": "region", "value": None}]],
    ).with_columns(segment=pl.Series(["persuadable", None, "lost_cause"]))
    assert strata_of(users, ["age", "region", "segment"]).to_list() == [
        "age=1 of 2, region=north, segment=persuadable",
        "age=1 of 2, region=unknown, segment=unknown",
        "age=2 of 2, region=unknown, segment=lost_cause",
    ]
    assert strata_of(users, []).to_list() == ["all"] * 3


def test_rare_words_are_one_group() -> None:
    """Of 23 the 20 most frequent are told apart."""
    words = [f"w{number:02}" for number in range(23)]
    users = profiles(categorical=[[{"name": "city", "value": word}] for word in words * 2 + words[:20]])
    found = strata_of(users, ["city"])
    assert set(found) == {f"city={word}" for word in words[:20]} | {"city=other"}


def test_names_that_there_are_not() -> None:
    """Are told with those that there are; the id and lists are no strata."""
    users = profiles(numeric=[[{"name": "age", "value": 1.0}]])
    for name in ("user_id", "numeric", "shoe"):
        with pytest.raises(ValueError, match=rf"called '{name}'; there are bought, .*age"):
            strata_of(users, [name])
    with pytest.raises(ValueError, match="up to 5 different names"):
        strata_of(users, ["age", "age"])
