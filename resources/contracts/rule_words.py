"""A rule of a contract in words: ``line|min`` is "line must be at least 1".

What belongs here: one way to say a rule, for every place that tells of one, and what to do about it. The quarantine
keeps the names, which do not change with the words.
"""

from collections.abc import Mapping
from typing import NamedTuple

from resources.contracts.declared import EVENT_KINDS, ORDER_KINDS, Contract

__all__ = ["UNREADABLE_FILE", "RuleWords", "counted_in_words", "in_words", "rule_words"]

UNREADABLE_FILE = "unreadable_file"
"""Rule that a file breaks as a whole; what stands in the place of its row is why."""


class RuleWords(NamedTuple):
    """A rule as people read it."""

    column: str | None
    """The column that it is about; none where it is about several."""
    words: str
    remedy: str


_LEAVE_OUT = "correct it in the query or the source"
_OF_ROWS: Mapping[str, tuple[str | None, str, str]] = {
    "primary_key": (None, "{key} must be unique", "let the query yield one row for each {key}"),
    "has_actor": (
        None,
        "user_id and session_id are both missing",
        "let the query yield the visitor's session where the user is not known",
    ),
    "has_subject": (
        None,
        "a search must have its query, and every other kind but a visit its product_id",
        "fill query or product_id, or leave such rows out",
    ),
    "amount_is_bounded": (
        "unit_price",
        "quantity times unit_price must be at most 1e12",
        "correct the quantity or the price in the source",
    ),
    "quantity_is_not_negative": (
        "quantity",
        "quantity must be above 0: a return is a row of its own kind with a positive quantity",
        "yield what was sent back as kind return, with the quantity's sign turned",
    ),
    "quantity_is_not_zero": (
        "quantity",
        "quantity must not be 0: a fraction may be as small as 0.000001",
        "leave such rows out, or correct the quantity in the source",
    ),
    "quantity_is_bounded": ("quantity", "quantity must be at most 1e10", "correct the quantity in the source"),
    # The quarantine still holds rows that broke it when a quantity was a whole number.
    "quantity|min": ("quantity", "quantity must be above 0", "read the day again to see which rule the row breaks now"),
    UNREADABLE_FILE: (None, "the file could not be read, and was left out", "repair it, and read its days again"),
    "has_a_slot": ("slots", "slots must name at least one, of at most 200 characters each", "name them in the query"),
    "ends_after_its_start": ("ends", "ends must not lie before starts", _LEAVE_OUT),
    "price_is_bounded": ("price", "price must be at most 1e12", "correct the price in the source"),
}
"""Rule that has words of its own → its column, words and remedy; ``{key}`` is the contract's."""
_KINDS = {"events": EVENT_KINDS, "orders": ORDER_KINDS}
_OF_COLUMNS: Mapping[str, tuple[str, str]] = {
    "nullability": ("{column} is missing", "fill it in the query, or leave such rows out"),
    "min": ("{column} must be at least {min}", _LEAVE_OUT),
    "max": ("{column} must be at most {max}", _LEAVE_OUT),
    "min_exclusive": ("{column} must be above {min_exclusive}", _LEAVE_OUT),
    "max_exclusive": ("{column} must be below {max_exclusive}", _LEAVE_OUT),
    "min_length": ("{column} must have at least {min_length} character", _LEAVE_OUT),
    "max_length": ("{column} must have at most {max_length} characters", "shorten it in the query"),
    "inf": ("{column} is infinite", _LEAVE_OUT),
    "nan": ("{column} is NaN", "write NULL where it is not known"),
    "dtype": ("{column} is not {type}", "cast or correct it in the query"),
    "decimal_comma": ("{column} has a decimal comma", "replace it by a point in the query"),
    "out_of_range": ("{column} is out of range: it must be of the years 1900 to 2199", _LEAVE_OUT),
    "finite": ("{column} is infinite, which is no id", _LEAVE_OUT),
    "fraction": ("{column} has a fraction, which no id has", "read the column as text"),
    "too_large_for_a_float": (
        "{column} is a float too large to tell ids apart",
        "read the column as text or as a whole number",
    ),
}
"""Rule about one column → words and remedy; braces hold the column's bounds."""
_TYPES: Mapping[str, str] = {
    "Int": "a whole number",
    "Float": "a number",
    "Boolean": "true or false",
    "Datetime": "a time",
    "List": "a list",
    "String": "text",
}


def rule_words(contract: Contract, rule: str) -> RuleWords:
    """Say ``rule``, a name in the quarantine's ``rules``; a name that is not known stands as it is."""
    key = " and ".join(contract.key)
    if rule == "kind_is_known":
        kinds = ", ".join(_KINDS[contract.name])
        return RuleWords("kind", f"kind must be one of {kinds}", "translate the shop's own kinds in the query")
    if rule in _OF_ROWS:
        column, words, remedy = _OF_ROWS[rule]
        return RuleWords(column, words.format(key=key), remedy.format(key=key))
    name, _, broken = rule.partition("|")
    inner = broken.startswith("inner_")
    broken = broken.rsplit("_", 1)[-1] if inner else broken
    if name not in contract.columns or broken not in _OF_COLUMNS:
        return RuleWords(None, rule.replace("_", " ") if " " not in rule else rule, _LEAVE_OUT)
    kind = str(contract.columns[name])
    bounds = {
        "column": f"a value in {name}" if inner else name,
        "type": next((words for prefix, words in _TYPES.items() if kind.startswith(prefix)), kind),
        **vars(contract.schema.columns()[name]),
    }
    words, remedy = _OF_COLUMNS[broken]
    if broken == "out_of_range" and name == contract.time:
        words += ", and not lie further in the future than future_days of shop.toml allows"
        remedy = "correct it in the query or the source, or declare future_days"
    if broken == "dtype" and name == contract.time:
        remedy = "write it as ISO 8601, or declare time_format in shop.toml"
    return RuleWords(name, words.format(**bounds), remedy)


def in_words(contract: Contract, rule: str) -> str:
    """``rule`` in words alone."""
    return rule_words(contract, rule).words


def counted_in_words(contract: Contract, counts: Mapping[str, int]) -> dict[str, int]:
    """How many rows broke each rule, by its words, most first."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {in_words(contract, rule): count for rule, count in ordered}
