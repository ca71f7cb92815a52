"""Autocomplete: what the search box offers while a shopper types.

What belongs here: the answer and how completions fill it. The prefix dictionary is
`assets.models.search.suggestions.completion`.
"""

import msgspec

from assets.models.search.suggestions.entries import EACH, Kind, Suggestion
from serving.lists.selection import selection
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest

__all__ = ["SuggestAnswer", "SuggestedProduct", "suggest"]


class SuggestedProduct(msgspec.Struct, frozen=True):
    """A product to go to at once."""

    product_id: str
    title: str


class SuggestAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Completions, at most five of a kind, the best first."""

    queries: list[str]
    """What several people have searched for."""
    categories: list[str]
    brands: list[str]
    products: list[SuggestedProduct]
    """Products in stock."""
    release: str
    completed: str | None = None
    """What was completed instead of the text; only where the text itself completes to nothing."""


def suggest(snapshot: Snapshot, typed: str) -> SuggestAnswer:
    """Complete ``typed``; where nothing begins so, complete it as corrected. Without the module there is nothing."""
    release = snapshot.release
    completed, completions = None, [] if release.suggestions is None else release.suggestions.complete(typed)
    new = [] if release.suggestions is None else _new(snapshot, typed)
    if not completions and not new and release.suggestions is not None and release.lexical_index is not None:
        corrected = release.lexical_index.corrected(typed)
        if corrected != typed:
            completed, completions = corrected, release.suggestions.complete(corrected)
    return SuggestAnswer(
        queries=_texts(completions, "query"),
        categories=_texts(completions, "category"),
        brands=_texts(completions, "brand"),
        products=[*_stocked(snapshot, completions), *new][:EACH],
        release=snapshot.version,
        completed=completed if completions else None,
    )


def _stocked(snapshot: Snapshot, completions: list[Suggestion]) -> list[SuggestedProduct]:
    """The products among completions that are in stock now, and that the shop's rules let a search show."""
    catalogue = snapshot.release.catalogue
    allowed = selection(snapshot, "search", ListRequest(EACH)).allowed
    may = catalogue.in_stock if allowed is None else allowed
    products = [one for one in completions if one.kind == "product" and may[one.item]]
    return [SuggestedProduct(catalogue.ids[one.item], snapshot.shown[one.item].title) for one in products]


def _new(snapshot: Snapshot, typed: str) -> list[SuggestedProduct]:
    """New products of which a word begins so."""
    shelf = snapshot.new
    if shelf is None or shelf.release.suggestions is None:
        return []
    return _stocked(shelf, shelf.release.suggestions.complete(typed))


def _texts(completions: list[Suggestion], kind: Kind) -> list[str]:
    return [one.text for one in completions if one.kind == kind]
