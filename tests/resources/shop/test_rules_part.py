"""Rules by themselves: the same words as for a whole file, and no text that breaks the reader."""

import pytest

from resources.shop.rules import Pin
from resources.shop.rules_part import read_rules

PIN = '[[rules]]\nname = "lamp"\nkind = "pin"\nproduct = "P1"\n'


def test_rules_are_read_and_days_need_no_quotation_marks() -> None:
    """As in a shop's own file."""
    rules, faults = read_rules(PIN + "place = 3\nuntil = 2026-12-24\n")
    assert faults == []
    assert rules == [Pin(name="lamp", product="P1", place=3, until="2026-12-24")]
    assert read_rules("") == ([], [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rules]", "it is no TOML: "),
        (f"x = {'9' * 5_000}", "it is no TOML: "),
        (f"x = {'[' * 9_000}", "it is no TOML: "),
        ("x = \x00", "it is no TOML: "),
        ("from = 2026-13-45", "it is no TOML: "),
        ('currency = "EUR"', "currency is no key of the file; there are rules"),
        ("rules = 5", "rules is 5"),
        ("rules = [5]", "where a table of keys is expected"),
        (PIN + "plaice = 1", "plaice is no key of [[rules]] number 1; did you mean 'place'?"),
        (PIN + "place = 101", "[[rules]] number 1 place is 101"),
        (PIN + "place = 0", "[[rules]] number 1 place is 0"),
        (PIN + f"place = {10**30}", "[[rules]] number 1 place is 1000"),
        (PIN + "place = nan", "[[rules]] number 1 place is nan"),
        (PIN.replace("pin", "pinn"), "kind is 'pinn', which is none of "),
        (PIN + PIN, "[[rules]]: two rules are named 'lamp'"),
        ('[[rules]]\nname = "x"\nkind = "boost"', "[[rules]]: rule 'x' names no products"),
        ('[[rules]]\nname = "x"\nkind = "boost"\nwhere = ["a:b"]\nby = nan', "by is nan"),
        ('[[rules]]\nname = "x"\nkind = "price_band"\nlow = nan', "low is nan"),
        ('[[rules]]\nname = "x"\nkind = "cap"\nattribute = "brand"\nat_most = ' + "9" * 30, "at_most is 999"),
        (PIN + "until = 2026-02-30T10:00:00", "it is no TOML: "),
        (PIN + 'until = "2026-02-30"', "rule 'lamp' holds from ever until 2026-02-30"),
    ],
)
def test_what_is_wrong_is_said_in_words(text: str, words: str) -> None:
    """With the key as the file has it."""
    assert any(words in fault for fault in read_rules(text)[1]), read_rules(text)[1]
