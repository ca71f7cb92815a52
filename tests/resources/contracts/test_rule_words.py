"""Every rule of every contract has words, with its bounds."""

import polars as pl
import pytest

from resources.contracts import CONTRACTS, counted_in_words, in_words, rule_words
from resources.contracts.ids import id_rules


@pytest.mark.parametrize("table", list(CONTRACTS))
def test_every_rule_has_words_and_a_remedy(table: str) -> None:
    """The library's, by column, and our own; none is shown by its name."""
    contract = CONTRACTS[table]
    nulls = pl.DataFrame({name: [None] for name in contract.columns}, schema=contract.columns)
    _, failure = contract.schema.filter(nulls, cast=True)
    rules = [name for name in failure.details().columns if name not in contract.columns]
    kinds = (pl.Float64(), pl.Decimal(10, 2))
    rules += [rule for name in contract.columns for kind in kinds for _, rule in id_rules(name, kind)]
    rules += [f"{name}|{broken}" for name in contract.columns for broken in ("dtype", "decimal_comma", "out_of_range")]
    assert len(rules) > 10
    for rule in rules:
        words = rule_words(contract, rule)
        assert "|" not in words.words
        assert "_is_" not in words.words
        assert "{" not in words.words + words.remedy
        assert words.column is None or words.column in contract.columns
        assert words.remedy


@pytest.mark.parametrize(
    ("table", "rule", "words"),
    [
        ("orders", "line|min", "line must be at least 1"),
        ("ad_exposures", "user_id|nullability", "user_id is missing"),
        ("ad_exposures", "propensity|max_exclusive", "propensity must be below 1"),
        ("banner_impressions", "reward|max", "reward must be at most 1"),
        ("orders", "kind_is_known", "kind must be one of sale, return, cancellation"),
        ("orders", "primary_key", "order_id and line must be unique"),
        ("orders", "quantity_is_not_zero", "quantity must not be 0: a fraction may be as small as 0.000001"),
        (
            "orders",
            "quantity_is_not_negative",
            "quantity must be above 0: a return is a row of its own kind with a positive quantity",
        ),
        ("orders", "quantity_is_bounded", "quantity must be at most 1e10"),
        ("orders", "quantity|inf", "quantity is infinite"),
        (
            "orders",
            "ts|out_of_range",
            "ts is out of range: it must be of the years 1900 to 2199, and not lie further in the future than "
            "future_days of shop.toml allows",
        ),
        (
            "ad_exposures",
            "assigned_at|out_of_range",
            "assigned_at is out of range: it must be of the years 1900 to 2199",
        ),
        ("orders", "quantity|decimal_comma", "quantity has a decimal comma"),
        ("orders", "quantity|dtype", "quantity is not a number"),
        ("orders", "quantity|min", "quantity must be above 0"),
        ("orders", "unit_price|decimal_comma", "unit_price has a decimal comma"),
        ("events", "ts|dtype", "ts is not a time"),
        ("events", "user_id|fraction", "user_id has a fraction, which no id has"),
        ("users", "numeric|inner_inner_value_inf", "a value in numeric is infinite"),
        ("orders", "ts is missing, no time, or out of range", "ts is missing, no time, or out of range"),
        ("orders", "of_another_version", "of another version"),
    ],
)
def test_words(table: str, rule: str, words: str) -> None:
    """As people read them; a rule that is not known, and what is in words already, stand as they are."""
    assert in_words(CONTRACTS[table], rule) == words


def test_counts_are_told_most_first() -> None:
    """Ties by name."""
    counted = counted_in_words(CONTRACTS["orders"], {"line|min": 2, "kind|nullability": 185, "ts|nullability": 2})
    assert list(counted.items()) == [("kind is missing", 185), ("line must be at least 1", 2), ("ts is missing", 2)]
