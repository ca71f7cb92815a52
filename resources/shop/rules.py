"""A shop's own rules as ``[[rules]]`` of its ``shop.toml`` declare them.

What belongs here: what a rule may say. What it comes to on a catalogue is `assets.models.rules.declared`; that its
attributes exist is checked there too, when a release is built.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from resources.shop.moments import Moment, instant

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
    starts: Moment | None = msgspec.field(default=None, name="from")
    """First day, or the instant from which on it holds, in the shop's time zone unless it says another."""
    until: Moment | None = None
    """Last day, inclusive, or the instant at which it ends."""
    segments: frozenset[Text] = frozenset()
    """It holds for users of these segments only: of the uplift segments, or values of the attribute by which
    popularity is told apart."""
    queries: Annotated[list[Text], Meta(max_length=500)] = []
    """It holds for these queries of search only, whatever their case, accents and hyphens; ``*`` stands for any
    characters."""


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
    at_most: Annotated[int, Meta(ge=1, le=1_000_000)]
    level: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    """Of ``category`` only: count by the first steps of its path; by default by the whole path."""


class Diversity(_Rule, frozen=True, tag="diversity"):
    """An answer's products are unlike each other (maximal marginal relevance)."""

    relevance: Annotated[float, Meta(ge=0, le=1)] = 0.7
    """λ: weight of the score; the rest is against likeness to what stands before."""


class SearchBanner(_Rule, frozen=True, tag="banner"):
    """A text that the answers of search tell, for the storefront to show."""

    text: Annotated[str, Meta(min_length=1, max_length=1_000)]


class Redirect(_Rule, frozen=True, tag="redirect"):
    """An address that the answers of search tell, for the storefront to go to."""

    to: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s/]\S{0,1990}|/([^\s/]\S{0,1990})?)$",
            description="an address that begins with https://, http:// or one /",
        ),
    ]


Rule = Exclude | Only | PriceBand | Bought | Pin | Boost | Bury | Cap | Diversity | SearchBanner | Redirect


def rule_faults(rules: Sequence[Rule], time_zone: str = "UTC") -> Iterator[str]:
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
        yield from _search_faults(rule)
        yield from _time_faults(rule, time_zone)


def _search_faults(rule: Rule) -> Iterator[str]:
    told = isinstance(rule, SearchBanner | Redirect)
    others = sorted(rule.lists - {"search"})
    if others and (told or rule.queries):
        what = f"is of kind {rule.__struct_config__.tag}" if told else "has queries"
        yield f"rule {rule.name!r} {what}, which only search has: leave {', '.join(others)} out of its lists"
    if isinstance(rule, Redirect) and not rule.queries:
        yield f"rule {rule.name!r} would send every search away; name its queries"
    for query in rule.queries:
        if not any(char.isalnum() for char in query):
            yield f"rule {rule.name!r} has the query {query!r}, which has no letter and no digit; leave it out"


def _time_faults(rule: Rule, time_zone: str) -> Iterator[str]:
    try:
        begin, end = _period(rule, time_zone)
    except ValueError:
        yield (
            f"rule {rule.name!r} holds from {rule.starts or 'ever'} until {rule.until or 'ever'}, one of which is "
            "no day or time of any calendar: correct it"
        )
        return
    if begin is not None and end is not None and end <= begin:
        yield f"rule {rule.name!r} has until {rule.until}, which is not after its from {rule.starts}"


def _period(rule: Rule, time_zone: str) -> tuple[str | None, str | None]:
    """The instants, in UTC, from and until which a rule holds."""
    begin = None if rule.starts is None else instant(rule.starts, time_zone).isoformat(timespec="microseconds")
    end = None if rule.until is None else instant(rule.until, time_zone, is_end=True).isoformat(timespec="microseconds")
    return begin, end


def rules_json(rules: Sequence[Rule], time_zone: str = "UTC") -> bytes:
    """The rules as a release carries them, with instants in UTC: the same rules give the same bytes."""
    declared: list[dict[str, Any]] = []
    for rule in rules:
        begin, end = _period(rule, time_zone)
        declared.append({**msgspec.to_builtins(rule, order="sorted"), "from": begin, "until": end})
    return msgspec.json.format(msgspec.json.encode(declared, order="sorted"), indent=1)
