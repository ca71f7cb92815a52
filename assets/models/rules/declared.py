"""A shop's own rules, made ready for a catalogue: what each list may show and in which order.

What belongs here: declared rules → `RuleSet`. Where and when they are applied is serving's part, in one place.

Declared rules come as ``rules.json``, a list of objects with ``kind``, ``name``, what `assets.models.rules.conditions`
reads and what the kind needs, as the shop's settings declare and check them.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from assets.models.products.attributes import Condition, ProductAttributes, UnknownAttributeError
from assets.models.products.catalogue import Catalogue
from assets.models.products.item_values import ItemValues
from assets.models.rules.caps import Cap
from assets.models.rules.conditions import Asked, Conditions
from assets.models.rules.diversity import CategoryLikeness, VectorLikeness
from assets.models.rules.effects import (
    NO_RULES,
    Allowed,
    Band,
    Banner,
    Bought,
    Diversity,
    Effect,
    Lift,
    Pin,
    Redirect,
    RuleSet,
)
from evaluation.arrays import Bools, Floats32

__all__ = ["RULES_FILE", "RuleError", "Rules"]

RULES_FILE = "rules.json"
MAX_CONTEXTS = 256
"""Rule sets that are kept: a list and the rules that its category brings in."""


class RuleError(ValueError):
    """A rule that cannot be applied to this catalogue; the message names the rule and what there is."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule, and for which requests it holds."""

    when: Conditions
    effects: tuple[Effect, ...]


class Rules:
    """All rules of a shop."""

    def __init__(self, rules: Sequence[_Rule], notes: Sequence[str], declared: Sequence[Mapping[str, Any]]) -> None:
        """Use ``build`` or ``load``."""
        self._rules = list(rules)
        self.declared = tuple(declared)
        self._ready: dict[tuple[int, ...], RuleSet] = {(): NO_RULES}
        self.notes = tuple(notes)
        """What a rule names and the catalogue does not have: such a rule holds, for nothing."""
        self._changes = sorted({at for rule in self._rules for at in rule.when.changes})

    @classmethod
    def build(
        cls,
        declared: Iterable[Mapping[str, Any]],
        catalogue: Catalogue,
        attributes: ProductAttributes,
        vectors: Floats32 | None = None,
    ) -> Self:
        """Make rules ready.

        Args:
            declared: In the order of the shop's settings.
            catalogue: Products that they are about.
            attributes: Of the same catalogue.
            vectors: float32[n, d] unit rows by which likeness is measured; none to measure it by categories.

        Raises:
            RuleError: If a condition cannot be read, or an attribute or kind is unknown.
        """
        made, notes, declared = [], list[str](), list(declared)
        for rule in declared:
            builder = _Builder(rule["name"], catalogue, attributes, vectors, notes)
            try:
                effects = builder.effects(rule["kind"], rule)
            except UnknownAttributeError as error:
                raise RuleError(f"rule {rule['name']!r}: {str(error).rstrip('.')}") from error
            when = Conditions.of(rule)
            if when.category is not None and catalogue.category_index(when.category) < 0:
                notes.append(f"rule {rule['name']!r}: no product is in its category {when.category!r}")
            made.append(_Rule(when, tuple(effects)))
        return cls(made, notes, declared)

    def joined(self, others: "Rules") -> Self:
        """These and then ``others``, of which one takes the place of that of these which has its name."""
        made, declared = list(self._rules), list(self.declared)
        places = {rule["name"]: place for place, rule in enumerate(declared)}
        for rule, said in zip(others._rules, others.declared, strict=True):
            if (place := places.get(said["name"])) is None:
                made.append(rule)
                declared.append(said)
            else:
                made[place], declared[place] = rule, said
        return type(self)(made, [*self.notes, *others.notes], declared)

    def as_now(self, catalogue: Catalogue, attributes: ProductAttributes) -> Self:
        """The same rules on the same products with other prices and stock: those that ask for these are made anew."""
        stale = [n for n, rule in enumerate(self.declared) if _asks_what_changes(rule)]
        if not stale:
            return self
        fresh = type(self).build([self.declared[n] for n in stale], catalogue, attributes)
        other = copy(self)
        other._rules, other._ready = list(self._rules), {(): NO_RULES}
        for n, rule in zip(stale, fresh._rules, strict=True):
            other._rules[n] = rule
        return other

    @classmethod
    def load(
        cls, folder: Path, catalogue: Catalogue, attributes: ProductAttributes, vectors: Floats32 | None = None
    ) -> Self:
        """Read ``rules.json``; a folder without one has no rules.

        Raises:
            RuleError: If a condition cannot be read, or an attribute or kind is unknown.
        """
        file = folder / RULES_FILE
        declared = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
        return cls.build(declared, catalogue, attributes, vectors)

    @property
    def need_purchases(self) -> bool:
        """Whether any rule asks what a user bought."""
        return any(isinstance(effect, Bought) for rule in self._rules for effect in rule.effects)

    def depend_on_category(self, surface: str) -> bool:
        """Whether any rule of a list asks for the category of the request."""
        return any(rule.when.category is not None and rule.when.may_hold(surface) for rule in self._rules)

    def depend_on_segment(self, surface: str) -> bool:
        """Whether any rule of a list asks for the segment of the user."""
        return any(rule.when.segments and rule.when.may_hold(surface) for rule in self._rules)

    @property
    def depend_on_time(self) -> bool:
        """Whether any rule has a beginning or an end."""
        return bool(self._changes)

    def next_change(self, at: float) -> float:
        """The first instant after ``at`` at which a rule begins or ends, in seconds since 1970; infinity for none."""
        place = bisect_right(self._changes, at)
        return self._changes[place] if place < len(self._changes) else math.inf

    def segments_unlike(self, known: Collection[str]) -> list[str]:
        """Notes of the segments that rules name and that are none of ``known``."""
        return [
            f"rule {rule['name']!r}: there is no segment {name!r}"
            for rule in self.declared
            for name in rule.get("segments", ())
            if name not in known
        ]

    def of(self, asked: Asked) -> RuleSet:
        """The rules that hold for a request."""
        chosen = tuple(n for n, rule in enumerate(self._rules) if rule.when.hold(asked))
        ready = self._ready.get(chosen)
        if ready is None:
            if len(self._ready) > MAX_CONTEXTS:
                self._ready = {(): NO_RULES}
            ready = self._ready[chosen] = RuleSet.of([effect for n in chosen for effect in self._rules[n].effects])
        return ready


def _asks_what_changes(rule: Mapping[str, Any]) -> bool:
    """Whether what a declared rule comes to depends on prices or stock."""
    if rule["kind"] == "price_band":
        return not rule["relative"]
    named = {text.partition(":")[0].strip() for text in rule.get("where", ())}
    return not named.isdisjoint(("price", "in_stock")) or rule.get("attribute") == "in_stock"


@dataclass(frozen=True, slots=True)
class _Builder:
    """What one rule comes to on one catalogue."""

    name: str
    catalogue: Catalogue
    attributes: ProductAttributes
    vectors: Floats32 | None
    notes: list[str]

    def effects(self, kind: str, rule: Mapping[str, Any]) -> list[Effect]:
        """Effects of a rule of ``kind``.

        Raises:
            UnknownAttributeError: If a condition cannot be read, or an attribute or the kind is unknown.
        """
        known: dict[str, Callable[[Mapping[str, Any]], Effect | None]] = {
            "exclude": lambda settings: Allowed(self.name, ~self._selected(settings)),
            "only": lambda settings: Allowed(self.name, self._selected(settings)),
            "price_band": self._band,
            "bought": lambda _: Bought(self.name),
            "pin": self._pin,
            "boost": lambda settings: Lift(self.name, self._selected(settings), settings["by"]),
            "bury": lambda settings: Lift(self.name, self._selected(settings), -settings["by"]),
            "cap": self._cap,
            "diversity": self._diversity,
            "banner": lambda settings: Banner(self.name, settings["text"]),
            "redirect": lambda settings: Redirect(self.name, settings["to"]),
        }
        if kind not in known:
            raise UnknownAttributeError(f"there is no kind {kind!r}; there are {', '.join(sorted(known))}")
        effect = known[kind](rule)
        return [] if effect is None else [effect]

    def _selected(self, rule: Mapping[str, Any]) -> Bools:
        """bool[n] of the products that are listed or keep the conditions."""
        conditions = Condition.parse_all(rule.get("where", ()))
        kept = self.attributes.mask(conditions)
        mask = np.zeros(len(self.catalogue), dtype=np.bool_) if kept is None else kept
        listed = [item for product in rule.get("products", ()) if (item := self._position(product)) >= 0]
        mask[listed] = True
        if conditions and kept is not None and not mask.any():
            self.notes.append(f"rule {self.name!r}: no product keeps its conditions")
        return mask

    def _position(self, product_id: str) -> int:
        item = self.catalogue.position(product_id)
        if item < 0:
            self.notes.append(f"rule {self.name!r}: the catalogue has no product {product_id!r}")
        return item

    def _band(self, rule: Mapping[str, Any]) -> Effect:
        low, high = rule.get("low") or 0.0, rule.get("high")
        high = math.inf if high is None else high
        if rule["relative"]:
            return Band(self.name, low, high)
        price = self.catalogue.price
        return Allowed(self.name, (price >= low) & (price <= high))

    def _pin(self, rule: Mapping[str, Any]) -> Effect | None:
        item = self._position(rule["product"])
        return None if item < 0 else Pin(self.name, item, rule["place"], bool(rule.get("queries")))

    def _cap(self, rule: Mapping[str, Any]) -> Effect:
        if rule["attribute"] == "price":
            raise UnknownAttributeError("price is a number, and a cap counts products of the same value")
        if rule["attribute"] == "category":
            values = ItemValues.of_categories(self.catalogue, rule.get("level"))
        else:
            values = self.attributes.by_item(rule["attribute"])
        return Cap(self.name, rule["at_most"], values)

    def _diversity(self, rule: Mapping[str, Any]) -> Effect:
        if self.vectors is not None:
            return Diversity(self.name, rule["relevance"], VectorLikeness(self.vectors))
        return Diversity(self.name, rule["relevance"], CategoryLikeness(self.attributes.by_item("category")))
