"""Search: read the query, correct it, find what matches and keeps the filters, sort, cut the page, count the facets.

What belongs here: the order of these. What matches is `serving.search.pool`'s; what is given up when nothing does is
`serving.search.recovery`. All of it runs in a thread, so that no lookup waits behind a search.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from assets.models.products.numbers import normal_number
from assets.models.rules.conditions import normal_query
from assets.models.search.lexical.correction import Correction
from assets.models.search.matching import has_words
from evaluation.arrays import Floats32
from serving.http.workers import BusyError, Workers
from serving.lists.answers import list_answer
from serving.lists.selection import Selection, selection
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest
from serving.search.answers import SearchAnswer
from serving.search.facets import facets, joined, joined_ranges
from serving.search.filters import Constraint, all_of, constraints_of
from serving.search.new_products import NewFound, new_found
from serving.search.pool import Pool, QueryRead, pool_of
from serving.search.recovery import Found, browsed, found_by, nothing, recovered
from serving.search.requests import SearchRequest
from serving.search.typed_query import TypedQuery
from serving.search.variants import one_of_each

__all__ = ["is_hurried", "search"]

HURRIED = "too many queries are waiting for their vectors"


async def search(
    snapshot: Snapshot, workers: Workers, request: SearchRequest, *, most_seconds: float | None = None
) -> SearchAnswer:
    """One page of the products that match, of all for no query; where none does, what was given up to show any.

    Where too many searches wait, or this one takes too long, words alone answer at once: better than to let shoppers
    wait or to refuse them.

    Args:
        snapshot: The release.
        workers: Whose threads search.
        request: What is searched for.
        most_seconds: How long words and meaning may take; none for as long as they do.

    Raises:
        ProblemError: 400 or 404 for a filter, facet, category or sort order that the release does not have.
        BusyError: If too many other answers wait as well.
    """
    try:
        async with asyncio.timeout(most_seconds):
            return await workers.run("search", _search, snapshot, request, may_encode=True)
    except (BusyError, TimeoutError):
        return await workers.run("score", _search, snapshot, request, may_encode=False)


def is_hurried(answer: SearchAnswer) -> bool:
    """Whether words alone answered because there was no time for more; the same search may say more a moment later."""
    return any(step.note == HURRIED for step in answer.fallbacks_tried)


def _search(snapshot: Snapshot, request: SearchRequest, *, may_encode: bool) -> SearchAnswer:
    typed = TypedQuery.read(request.query, exact=request.exact, currency=snapshot.release.manifest.currency)
    new = new_found(snapshot, request, typed)
    correction = _correction(snapshot, typed, new)
    listed = ListRequest(request.limit, request.user_id, in_stock_only=False)
    queries = {normal_query(text) for text in {request.query, typed.text, correction.query}} - {""}
    chosen = selection(snapshot, "search", listed, category=request.category, queries=queries)
    kept = constraints_of(snapshot, request, chosen, typed)
    may_relax = new is None and not typed.insists
    if not typed.text.strip():
        found = browsed(snapshot, kept, typed.text, may_relax=may_relax)
        return _answer(snapshot, request, chosen, found, None, new, typed)
    pinned = [pin.item for pin in chosen.rules.pins if pin.by_query]

    def pool(text: str) -> Pool:
        return _pool(snapshot, request, typed, text, may_encode=may_encode).also(pinned)

    found, suggestion = _find(snapshot, pool, correction, kept, may_relax=may_relax)
    return _answer(snapshot, request, chosen, found, suggestion, new, typed)


def _correction(snapshot: Snapshot, typed: TypedQuery, new: NewFound | None) -> Correction:
    """The spelling to search for; as typed where the query insists, or names what only new products are called."""
    lexical = snapshot.release.lexical_index
    if lexical is None or typed.insists or new is not None or not typed.text.strip():
        return Correction(typed.text, None)
    return lexical.correction(typed.text)


def _find(
    snapshot: Snapshot,
    pool: Callable[[str], Pool],
    correction: Correction,
    kept: Sequence[Constraint],
    *,
    may_relax: bool,
) -> tuple[Found, str | None]:
    """What is found, else what the other spelling finds, else what giving up does; and the spelling left to suggest."""
    first, other = pool(correction.query), correction.suggestion
    found = found_by(first, kept)
    if found is None and other is not None:
        meant = found_by(pool(other), kept, (f"no product matches '{correction.query}': this is for '{other}'",))
        if meant is not None:
            return meant, None
    if found is None:
        found = recovered(snapshot, first, kept) if may_relax else nothing(first, kept)
    return found, other


def _pool(snapshot: Snapshot, request: SearchRequest, typed: TypedQuery, text: str, *, may_encode: bool) -> Pool:
    """What ``text`` finds: what the query insists on; in another order than by relevance what matches well."""
    pool = pool_of(snapshot, _read(snapshot, typed.text, text, may_encode=may_encode))
    wanted = typed.wanted(snapshot)
    if wanted is not None:
        wanted[pool.read.numbered] = True
        return replace(pool, matching=wanted)
    return pool if request.sort == "relevance" else pool.well_matched()


def _answer(
    snapshot: Snapshot,
    request: SearchRequest,
    chosen: Selection,
    found: Found,
    suggestion: str | None,
    new: NewFound | None,
    typed: TypedQuery,
) -> SearchAnswer:
    """The page of what was found for what was ``typed``, and of the new products that were."""
    pinned = {pin.item for pin in chosen.rules.pins}
    found = replace(found, shown=one_of_each(snapshot, found.pool, found.shown, request.sort, pinned))
    counted, ranges = facets(snapshot, request.facets, found.matching, found.kept, request.filters)
    total = int(np.count_nonzero(found.shown))
    if new is None:
        chain = found.chain(snapshot, request.sort)
        by_relevance = request.sort == "relevance"
        filled = chosen.page(chain, found.shown, request.offset, by_relevance=by_relevance)
        page = list_answer(snapshot, filled, all_of(found.kept))
    else:
        page = new.page(snapshot, found, chosen, request)
        also = facets(new.shelf, request.facets, new.found.matching, new.found.kept, request.filters)
        counted, ranges = joined(counted, also[0]), joined_ranges(ranges, also[1])
        total += len(new.order)
    text = found.pool.read.text
    return SearchAnswer(
        items=page.items,
        answered_by=page.answered_by,
        fallbacks_tried=page.fallbacks_tried,
        release=page.release,
        searched_for=None if text == typed.text else text,
        understood=[one.text for one in found.kept if one.was_read],
        total=total,
        facets=counted,
        price_range=ranges.pop("price", None),
        ranges=ranges,
        relaxed=list(found.relaxed),
        did_you_mean=suggestion,
        banner=chosen.rules.banner,
        redirect=chosen.rules.redirect,
    )


def _read(snapshot: Snapshot, typed: str, text: str, *, may_encode: bool) -> QueryRead:
    """``text`` with its vector, and the products that ``typed`` names."""
    vector, missing = _query_vector(snapshot, text, may_encode)
    numbers, lexical = snapshot.release.numbers, snapshot.release.lexical_index
    numbered = numbers.find(typed)
    if numbered.size or (lexical is not None and lexical.held(normal_number(typed))):
        return QueryRead(text, vector, missing, numbered)
    return QueryRead(text, vector, missing, numbered, numbers.beginning(typed))


def _query_vector(snapshot: Snapshot, query: str, may_encode: bool) -> tuple[Floats32 | None, str | None]:
    """The query's vector, or none and why."""
    if snapshot.queries is None:
        return None, "this release has no encoder of queries"
    if not has_words(query):
        return None, "the query has no words"
    if may_encode:
        return snapshot.queries.encode(query), None
    vector = snapshot.queries.known(query)
    return vector, HURRIED if vector is None else None
