"""How products that came after the release was made come into a search: found by their words, each at its place.

What belongs here: what of the shelf matches, and where it stands among what the release finds. The places do not
depend on the page, so that pages neither repeat nor skip. The shelf is made in `serving.release.new_products`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assets.models.rules.conditions import normal_query
from assets.models.text.folding import fold
from assets.models.text.splitting import words
from evaluation.arrays import Bools
from serving.http.problems import ProblemError
from serving.lists.answers import Item, ListAnswer, list_answer
from serving.lists.chains import Filled
from serving.lists.selection import Selection, segments_of, selection
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest
from serving.search.filters import all_of, constraints_of
from serving.search.pool import QueryRead, pool_of, sort_key
from serving.search.recovery import Found, found_by
from serving.search.requests import SearchRequest
from serving.search.typed_query import TypedQuery

__all__ = ["MODULE", "NewFound", "new_found"]

MODULE = "new_products"
EVERY = 3
"""By relevance each third place at most is a new product's, which nobody has looked at yet."""


@dataclass(frozen=True, slots=True)
class NewFound:
    """Products of the shelf that a search finds."""

    shelf: Snapshot
    found: Found
    order: Sequence[int]
    """Items of the shelf, the best match first."""
    named: int
    """How many of them the query names by their number: the first ones."""

    def places(self, snapshot: Snapshot, base: Found, request: SearchRequest) -> dict[int, int]:
        """Place in the whole list, from 0, → item of the shelf."""
        total = int(np.count_nonzero(base.shown))
        order, by_popularity = list(self.order), request.sort == "popularity" or base.by_popularity
        if request.sort in ("relevance", "popularity"):
            first = [total] * len(order) if by_popularity else [EVERY * (n + 1) - 1 for n in range(len(order))]
            if request.sort == "relevance":
                first[: self.named] = range(self.named)
            return {
                min(place, total + n): item for n, (place, item) in enumerate(zip(_rising(first), order, strict=True))
            }
        items = np.array(order, dtype=np.int32)
        keys = sort_key(self.shelf, request.sort, items)
        ranked = np.lexsort((np.arange(items.size), keys))
        others = np.sort(sort_key(snapshot, request.sort, np.flatnonzero(base.shown).astype(np.int32)))
        before = np.searchsorted(others, keys[ranked], side="right")
        return {int(place) + n: int(items[at]) for n, (place, at) in enumerate(zip(before, ranked, strict=True))}

    def page(self, snapshot: Snapshot, base: Found, chosen: Selection, request: SearchRequest) -> ListAnswer:
        """The page of what both find."""
        places = self.places(snapshot, base, request)
        start, end = request.offset, request.offset + request.limit
        here = {place: item for place, item in places.items() if start <= place < end}
        before = sum(place < start for place in places)
        room = request.limit - len(here)
        if room:
            chain = base.chain(snapshot, request.sort)
            by_relevance = request.sort == "relevance"
            filled = replace(chosen, limit=room).page(chain, base.shown, start - before, by_relevance=by_relevance)
        else:
            filled = Filled([], "none", [])
        answer = list_answer(snapshot, filled, all_of(base.kept))
        others, items = iter(answer.items), list[Item]()
        for place in range(start, end):
            if place in here:
                items.append(self._item(here[place], request.query))
            elif (other := next(others, None)) is not None:
                items.append(other)
        by = MODULE if answer.answered_by == "none" and items else answer.answered_by
        return ListAnswer(items, by, answer.fallbacks_tried, answer.release)

    def _item(self, item: int, query: str) -> Item:
        reason = f"is new, and its words match '{query}'" if query.strip() else "is new in the catalogue"
        return Item(*self.shelf.shown[item], 0.0, MODULE, reason)


def new_found(snapshot: Snapshot, request: SearchRequest, typed: TypedQuery) -> NewFound | None:
    """Products of the shelf that hold every word that was typed and keep all filters; none where there are none."""
    shelf = snapshot.new
    if shelf is None:
        return None
    listed = ListRequest(request.limit, request.user_id, in_stock_only=False)
    try:
        chosen = selection(
            shelf,
            "search",
            listed,
            category=request.category,
            queries=[normal_query(typed.text)],
            segments=segments_of(snapshot, "search", request.user_id),
        )
        kept = constraints_of(shelf, request, chosen, typed)
    except ProblemError:  # a category that no new product is in
        return None
    numbered = shelf.release.numbers.find(typed.text)
    pool = pool_of(shelf, QueryRead(typed.text, None, "new products are found by words alone", numbered))
    matching = np.ones(len(shelf.release.catalogue), dtype=np.bool_)
    if typed.text.strip():
        matching = _all_words(shelf, typed.text)
        wanted = typed.wanted(shelf)
        matching = matching if wanted is None else matching & wanted
        matching[numbered] = True
    found = found_by(replace(pool, matching=matching), kept)
    if found is None:
        return None
    named = [item for item in numbered.tolist() if found.shown[item]]
    score = np.zeros(matching.size, dtype=np.float32) if pool.found.words is None else pool.found.words
    items = np.flatnonzero(found.shown)
    sold_out = ~shelf.release.catalogue.in_stock[items]
    others = [int(item) for item in items[np.lexsort((items, sold_out, -score[items]))] if item not in named]
    return NewFound(shelf, found, [*named, *others], len(named))


def _all_words(shelf: Snapshot, query: str) -> Bools:
    """bool[m] of the products that hold every word of a query, whatever its form; none for a query without words."""
    index = shelf.release.lexical_index
    holds = np.zeros(len(shelf.release.catalogue), dtype=np.bool_)
    typed = list(dict.fromkeys(words(fold(query))))[:40]
    if index is None or not typed:
        return holds
    meant = [word for word in typed if word not in index.analyser.stop_words] or typed
    holds[:] = True
    for word in meant:
        holds &= index.scores(word) > 0
    return holds


def _rising(places: Sequence[int]) -> list[int]:
    """Places, each at least one behind the one before it."""
    risen: list[int] = []
    for place in places:
        risen.append(max(place, risen[-1] + 1) if risen else place)
    return risen
