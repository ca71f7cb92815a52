"""The conditions of a search one by one, so that each can be left out: for its own facet, or to find anything at all.

What belongs here: masks of conditions. What they may name is `serving.lists.eligible`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from evaluation.arrays import Bools
from serving.lists.eligible import eligible
from serving.lists.selection import Selection
from serving.release.snapshot import Snapshot
from serving.search.requests import SearchRequest
from serving.search.typed_query import TypedQuery
from serving.search.wishes import lacking

__all__ = ["Constraint", "all_of", "constraints", "constraints_of"]

STOCK = "in_stock"
WISHED = "what products should be without"
TYPED = "what was typed"
RULES = "the shop's rules"
"""These stand where constraints name their attribute; no attribute has spaces."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One condition on one attribute."""

    attribute: str
    text: str
    """As the request has it."""
    mask: Bools
    may_go: bool
    """Whether it may be left out where nothing keeps it: what is not in stock cannot be bought."""
    was_read: bool = False
    """Whether it was read out of the query's words."""

    @property
    def kept_by(self) -> int:
        """How many products keep it."""
        return int(np.count_nonzero(self.mask))


def constraints(snapshot: Snapshot, request: SearchRequest) -> list[Constraint]:
    """The conditions of a request; values of one attribute are one condition.

    Raises:
        ProblemError: As `serving.lists.eligible.eligible`.
    """
    by_attribute: dict[str, list[str]] = {}
    for text in request.filters:
        by_attribute.setdefault(text.partition(":")[0].strip(), []).append(text)
    masks = [
        (name, " or ".join(texts), eligible(snapshot, in_stock_only=False, filters=texts), name != STOCK)
        for name, texts in by_attribute.items()
    ]
    if request.category is not None:
        mask = eligible(snapshot, in_stock_only=False, category=request.category)
        masks.append(("category", f"category:{request.category}", mask, True))
    if request.in_stock_only:
        masks.append((STOCK, "in_stock:true", eligible(snapshot, in_stock_only=True), False))
    return [Constraint(name, text, mask, may_go) for name, text, mask, may_go in masks if mask is not None]


def constraints_of(
    snapshot: Snapshot, request: SearchRequest, chosen: Selection, typed: TypedQuery
) -> list[Constraint]:
    """`constraints`, what the shop's rules allow, and what the query does not exclude."""
    kept = constraints(snapshot, request)
    if chosen.allowed is not None:
        kept.append(Constraint(RULES, RULES, chosen.allowed, may_go=False))
    left = typed.left(snapshot)
    if left is not None:
        kept.append(Constraint(TYPED, f"without {', '.join(typed.excluded)}", left, may_go=False))
    if typed.prices is not None:
        mask = eligible(snapshot, in_stock_only=False, filters=[typed.prices.filter])
        if mask is not None:
            kept.append(Constraint("price", typed.prices.filter, mask, may_go=True, was_read=True))
    lacks = lacking(snapshot, typed.unwanted)
    if lacks is not None and not lacks.all():
        without = f"without {', '.join(typed.unwanted)}"
        kept.append(Constraint(WISHED, without, lacks, may_go=True, was_read=True))
    return kept


def all_of(kept: Iterable[Constraint], besides: Collection[str] = ()) -> Bools | None:
    """bool[n] of the products that keep every constraint but those on the attributes ``besides``; none for all."""
    allowed: Bools | None = None
    for one in kept:
        if one.attribute not in besides:
            allowed = one.mask if allowed is None else allowed & one.mask
    return allowed
