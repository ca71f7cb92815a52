"""A shop's own rules as ``[[rules]]`` of its ``shop.toml`` declare them.

What belongs here: what a rule may say. What it comes to on a catalogue is `assets.models.rules.declared`; that its
attributes exist is checked there too, when a release is built.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["Rule", "rule_faults", "rules_json"]

List = Literal[
    "search", "similar", "bought_together", "basket", "session", "category", "popular", "decisions", "for_you"
]
Text = Annotated[str, Meta(min_length=1, max_length=300)]
Conditions = Annotated[list[Text], Meta(min_length=1, max_length=50)]
Amount = Annotated[float, Meta(gt=0, le=10)]
Price = Annotated[float, Meta(ge=0)]


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """What every rule says."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    """Told with each product that it moves, and in errors."""
    lists: frozenset[List] = frozenset()
    """Lists that it holds for; empty for all."""
    category: Text | None = None
    """It holds for requests in this category or below it only: the one named, or that of the product the list
    starts from."""


class _Selecting(_Rule, frozen=True):
    """A rule about the products that are listed or keep every condition."""

    where: list[Text] = []
    """Conditions such as ``brand:Acme`` or ``price:10..50``; those of one attribute are alternatives."""
    products: list[Text] = []


class Exclude(_Selecting, frozen=True, tag="exclude"):
    """These products are never shown."""


class Boost(_Selecting, frozen=True, tag="boost"):
    """These products come earlier: ``by`` is added to their scores, normalised to 0 to 1."""

    by: Amount = 0.5


class Bury(_Selecting, frozen=True, tag="bury"):
    """These products come later: ``by`` is taken from their scores, normalised to 0 to 1."""

    by: Amount = 0.5


class Only(_Rule, frozen=True, tag="only"):
    """Only products that keep every condition are shown."""

    where: Conditions


class PriceBand(_Rule, frozen=True, tag="price_band"):
    """Only prices from ``low`` to ``high`` are shown."""

    low: Price = 0.0
    high: Price | None = None
    """None for no upper end."""
    relative: bool = True
    """Times the price of the product that the list starts from (it does not hold where there is none, or its price is
    not known); else in the shop's currency."""


class Bought(_Rule, frozen=True, tag="bought"):
    """What a known user bought within ``window_days`` is not shown to that user."""


class Pin(_Rule, frozen=True, tag="pin"):
    """A product at a place whenever it may be shown."""

    product: Text
    place: Annotated[int, Meta(ge=1, le=100)] = 1


class Cap(_Rule, frozen=True, tag="cap"):
    """An answer holds at most ``at_most`` products of one value of an attribute."""

    attribute: Text
    at_most: Annotated[int, Meta(ge=1)]
    level: Annotated[int, Meta(ge=1)] | None = None
    """Of ``category`` only: count by the first steps of its path; by default by the whole path."""


class Diversity(_Rule, frozen=True, tag="diversity"):
    """An answer's products are unlike each other (maximal marginal relevance)."""

    relevance: Annotated[float, Meta(ge=0, le=1)] = 0.7
    """λ: weight of the score; the rest is against likeness to what stands before."""


Rule = Exclude | Only | PriceBand | Bought | Pin | Boost | Bury | Cap | Diversity


def rule_faults(rules: Sequence[Rule]) -> Iterator[str]:
    """What is wrong with rules that say nothing or contradict themselves, with the remedy."""
    names = set[str]()
    for rule in rules:
        if rule.name in names:
            yield f"two rules are named {rule.name!r}; give each a name of its own"
        names.add(rule.name)
        if isinstance(rule, Exclude | Boost | Bury) and not (rule.where or rule.products):
            yield f"rule {rule.name!r} names no products; give 'where' or 'products'"
        if isinstance(rule, PriceBand) and rule.high is not None and rule.high < rule.low:
            yield f"rule {rule.name!r} has high {rule.high} below low {rule.low}"
        if isinstance(rule, Cap) and rule.level is not None and rule.attribute != "category":
            yield f"rule {rule.name!r} has a level, which only the attribute category has"


def rules_json(rules: Sequence[Rule]) -> bytes:
    """The rules as a release carries them: the same rules give the same bytes."""
    return msgspec.json.format(msgspec.json.encode(list(rules), order="sorted"), indent=1)
