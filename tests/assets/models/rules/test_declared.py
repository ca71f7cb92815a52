"""Declared rules made ready for a catalogue of four products, by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.rules.conditions import Asked
from assets.models.rules.declared import RULES_FILE, RuleError, Rules
from assets.models.rules.effects import NO_RULES, Band, Pin


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Two brands, three categories, a colour; the last product has no price."""
    rows = {
        "product_id": ["a", "b", "c", "d"],
        "title": ["A", "B", "C", "D"],
        "brand": ["Acme", "Bolt", "Acme", None],
        "categories": [["Home > Lamps"], ["Home"], ["Garden", "Home > Lamps > Desk"], None],
        "tags": [["colour:red"], ["colour:blue"], None, ["sale"]],
        "price": [10.0, 20.0, 30.0, None],
        "in_stock": [True, True, False, True],
    }
    return Catalogue.build(pl.DataFrame(rows))


def build(catalogue: Catalogue, *declared: dict[str, Any]) -> Rules:
    """Rules named r0, r1 and so on."""
    named = [{"name": f"r{n}", **rule} for n, rule in enumerate(declared)]
    return Rules.build(named, catalogue, ProductAttributes.build(catalogue))


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ({"kind": "exclude", "where": ["brand:Acme"]}, "bd"),
        ({"kind": "exclude", "products": ["b", "d"]}, "ac"),
        ({"kind": "exclude", "where": ["brand:Acme", "colour:red"], "products": ["d"]}, "bc"),
        ({"kind": "only", "where": ["category:Home"]}, "abc"),
        ({"kind": "only", "where": ["in_stock:true", "price:15.."]}, "b"),
        ({"kind": "only", "where": ["price:..12", "price:25.."]}, "ac"),
        ({"kind": "exclude", "where": ["price:25..", "price:..12"]}, "bd"),
        ({"kind": "only", "where": ["brand:Unheard of"]}, ""),
        ({"kind": "price_band", "low": 10.0, "high": 20.0, "relative": False}, "ab"),
        ({"kind": "price_band", "low": 15.0, "high": None, "relative": False}, "bc"),
    ],
)
def test_what_may_be_shown(catalogue: Catalogue, rule: dict[str, Any], allowed: str) -> None:
    """Conditions and lists add up; a product without a price is in no band."""
    mask = build(catalogue, rule).of(Asked("popular")).allowed
    assert mask is not None
    assert "".join(catalogue.ids[i] for i in np.flatnonzero(mask)) == allowed


def test_what_may_be_shown_keeps_to_every_rule(catalogue: Catalogue) -> None:
    """Both hold."""
    rules = build(
        catalogue, {"kind": "exclude", "products": ["a"]}, {"kind": "only", "where": ["brand:Acme"]}, {"kind": "bought"}
    )
    mask = rules.of(Asked("popular")).allowed
    assert mask is not None
    assert np.flatnonzero(mask).tolist() == [2]
    assert rules.of(Asked("popular")).leaves_out_bought
    assert rules.need_purchases


def test_what_is_moved(catalogue: Catalogue) -> None:
    """Boosts add up with burials; a relative band waits for the product that a list starts from."""
    ready = build(
        catalogue,
        {"kind": "boost", "where": ["brand:Acme"], "by": 0.5},
        {"kind": "bury", "products": ["c"], "by": 0.25},
        {"kind": "pin", "product": "b", "place": 3},
        {"kind": "pin", "product": "a", "place": 1},
        {"kind": "price_band", "low": 0.5, "high": None, "relative": True},
    ).of(Asked("similar"))
    assert ready.lift is not None
    assert ready.lift.tolist() == [0.5, 0.0, 0.25, 0.0]
    assert ready.pins == (Pin("r3", 0, 1), Pin("r2", 1, 3))
    assert ready.bands == (Band("r4", 0.5, float("inf")),)


@pytest.mark.parametrize(
    ("attribute", "level", "values"),
    [
        ("brand", None, [1, 1, 1, 0]),
        ("colour", None, [1, 1, 0, 0]),
        ("category", None, [1, 1, 2, 0]),
        ("category", 1, [1, 1, 2, 0]),
        ("category", 2, [1, 1, 2, 0]),
    ],
)
def test_caps_count_the_values_of_a_product(
    catalogue: Catalogue, attribute: str, level: int | None, values: list[int]
) -> None:
    """How many values each product has."""
    rule = {"kind": "cap", "attribute": attribute, "at_most": 1, "level": level}
    (cap,) = build(catalogue, rule).of(Asked("popular")).caps
    assert np.diff(cap.values.ends).tolist() == values


def test_categories_are_counted_by_the_level_asked_for(catalogue: Catalogue) -> None:
    """By whole paths a, b and c share none; by one step all are in Home; by two a and c are in Home > Lamps."""
    shared = []
    for level in (None, 1, 2):
        rule = {"kind": "cap", "attribute": "category", "at_most": 1, "level": level}
        values = build(catalogue, rule).of(Asked("popular")).caps[0].values
        a, b, c = ({*values.of(item).tolist()} for item in range(3))
        shared.append((bool(a & b), bool(a & c)))
    assert shared == [(False, False), (True, True), (False, True)]


def test_rules_hold_for_their_lists_and_category(catalogue: Catalogue) -> None:
    """A rule without either holds everywhere; the same rules are made ready once."""
    rules = build(
        catalogue,
        {"kind": "pin", "product": "a", "place": 1},
        {"kind": "pin", "product": "b", "place": 2, "lists": ["similar", "search"]},
        {"kind": "pin", "product": "c", "place": 3, "category": "Home>Lamps"},
    )

    def pinned(surface: str, *categories: str) -> list[str]:
        return [pin.name for pin in rules.of(Asked(surface, categories)).pins]

    assert pinned("popular") == ["r0"]
    assert pinned("similar") == ["r0", "r1"]
    assert pinned("similar", "Home", "Home > Lamps") == ["r0", "r1", "r2"]
    assert pinned("popular", "Home", "Home > Kitchen") == ["r0"]
    assert rules.of(Asked("popular")) is rules.of(Asked("session"))
    assert rules.depend_on_category("session")


def test_the_last_diversity_holds(catalogue: Catalogue) -> None:
    """One answer has one λ."""
    ready = build(
        catalogue, {"kind": "diversity", "relevance": 0.2}, {"kind": "diversity", "relevance": 0.6, "lists": ["search"]}
    )
    found = [ready.of(Asked(surface)).diversity for surface in ("search", "popular")]
    assert [rule.relevance for rule in found if rule is not None] == [0.6, 0.2]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            {"kind": "only", "where": ["size:XL"]},
            r"'size'; there are brand, category, colour, in_stock, price, tag$",
        ),
        ({"kind": "boost", "where": ["brand"], "by": 1}, "such as brand:Acme"),
        ({"kind": "cap", "attribute": "size", "at_most": 1}, "'size'; there are"),
        ({"kind": "cap", "attribute": "price", "at_most": 1}, "price is a number"),
        ({"kind": "shout"}, "'shout'; there are banner, boost"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_refused(catalogue: Catalogue, rule: dict[str, Any], message: str) -> None:
    """The message names the rule and what there is."""
    with pytest.raises(RuleError, match=message) as caught:
        build(catalogue, rule)
    assert str(caught.value).startswith("rule 'r0': ")


def test_joined_rules_replace_those_of_their_names_in_their_places(catalogue: Catalogue) -> None:
    """The others come last, and neither of the two changes."""
    first = build(catalogue, {"kind": "bought"}, {"kind": "banner", "text": "old"}, {"kind": "bought"})
    other = Rules.build(
        [
            {"kind": "banner", "name": "r1", "text": "new"},
            {"kind": "redirect", "name": "r9", "to": "/x", "until": "2026-01-01T00:00:00+00:00"},
        ],
        catalogue,
        ProductAttributes.build(catalogue),
    )
    both = first.joined(other)
    assert [rule["name"] for rule in both.declared] == ["r0", "r1", "r2", "r9"]
    assert (both.of(Asked("search")).banner, both.of(Asked("search")).redirect) == ("new", "/x")
    assert both.depend_on_time
    assert first.of(Asked("search")).banner == "old"
    assert len(other.declared) == 2


def test_what_a_rule_names_in_vain_is_noted(catalogue: Catalogue) -> None:
    """Products come and go: such a rule holds, for nothing, and says so."""
    rules = build(
        catalogue,
        {"kind": "pin", "product": "gone", "place": 1},
        {"kind": "boost", "where": ["brand:Unheard of"], "by": 1, "category": "Cellar"},
    )
    assert rules.notes == (
        "rule 'r0': the catalogue has no product 'gone'",
        "rule 'r1': no product keeps its conditions",
        "rule 'r1': no product is in its category 'Cellar'",
    )
    assert rules.of(Asked("popular")).pins == ()


def test_a_folder_without_rules_has_none(catalogue: Catalogue, tmp_path: Path) -> None:
    """And one with them has those."""
    attributes = ProductAttributes.build(catalogue)
    assert Rules.load(tmp_path, catalogue, attributes).of(Asked("search")) is NO_RULES
    (tmp_path / RULES_FILE).write_text(json.dumps([{"kind": "bought", "name": "not again"}]))
    assert Rules.load(tmp_path, catalogue, attributes).of(Asked("search")).leaves_out_bought
