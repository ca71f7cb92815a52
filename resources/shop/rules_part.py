"""A part of a ``shop.toml`` that holds ``[[rules]]`` alone: read and checked by itself, as the whole file would be.

What belongs here: text → rules, and what is wrong with it. What a rule may say is `resources.shop.rules`.
"""

import tomllib

import msgspec

from resources.shop.moments import moments_as_text
from resources.shop.rules import Rule, rule_faults
from resources.shop.struct_faults import read_struct

__all__ = ["read_rules"]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the text may hold."""

    rules: list[Rule] = []


def read_rules(text: str, time_zone: str = "UTC") -> tuple[list[Rule], list[str]]:
    """The rules of a text as far as they can be read, and everything that is wrong in it, in words.

    Args:
        text: TOML with tables ``[[rules]]``.
        time_zone: Of days and clock times that name no other.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, lists nested as deeply
        return [], [f"it is no TOML: {error}"]
    part, faults = read_struct(moments_as_text(table, "rules"), _Part)
    rules = [] if part is None else part.rules
    return rules, [*faults, *(f"[[rules]]: {fault}" for fault in rule_faults(rules, time_zone))]
