"""Attributes: wide columns become two lists."""

import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from resources.sources.user_attributes import pack_attributes

WIDE = pl.DataFrame(
    {"user_id": ["a", "b"], "updated_at": ["2026-01-01", "2026-01-01"], "age": ["41", "old"], "region": ["north", None]}
)


def test_attributes_are_packed_in_order() -> None:
    """A number in text is a number; text that is none, NaN and nulls are null; the wide columns go."""
    packed = pack_attributes(WIDE.with_columns(score=pl.Series([1.5, float("nan")])), ["score", "age"], ["region"])
    assert packed.columns == ["user_id", "updated_at", "numeric", "categorical"]
    assert packed["numeric"].to_list() == [
        [{"name": "score", "value": 1.5}, {"name": "age", "value": 41.0}],
        [{"name": "score", "value": None}, {"name": "age", "value": None}],
    ]
    assert packed["categorical"].to_list() == [
        [{"name": "region", "value": "north"}],
        [{"name": "region", "value": None}],
    ]
    assert validate(CONTRACTS["users"], packed, origin="test").rows.height == 2


def test_no_attributes_give_empty_lists() -> None:
    """A shop may declare users without attributes."""
    packed = pack_attributes(WIDE, [], [])
    assert packed["numeric"].to_list() == packed["categorical"].to_list() == [[], []]
    assert validate(CONTRACTS["users"], packed, origin="test").rows.height == 2


def test_missing_column_is_named() -> None:
    """The message names the column and the remedy."""
    with pytest.raises(ValueError, match=r"\['income'\].*Add the columns"):
        pack_attributes(WIDE, ["income"], [])
