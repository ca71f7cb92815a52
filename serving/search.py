"""Search: read the query, find what matches, keep the filters, sort, cut the page, count the facets.

What belongs here: the order of these. What matches is `serving.search_pool`'s; what is given up when nothing does is
`serving.search_recovery`. The query's vector may have to be encoded, which a thread does.
"""

import numpy as np
from numpy.typing import NDArray

from assets.models.search.matching import has_words
from assets.models.search.query_correction import Correction
from serving.answers import list_answer
from serving.ruled import Ruled, Wanted, under_rules
from serving.search_answers import SearchAnswer
from serving.search_facets import facets
from serving.search_filters import Constraint, constraints
from serving.search_pool import QueryRead, pool_of
from serving.search_recovery import Found, found_by, recovered
from serving.search_requests import SearchRequest
from serving.snapshot import Snapshot
from serving.workers import BusyError, Workers

__all__ = ["search"]

RULES = "the shop's rules"
"""Stands where constraints name their attribute; no attribute has spaces."""


async def search(snapshot: Snapshot, workers: Workers, asked: SearchRequest) -> SearchAnswer:
    """One page of the products that match; where none does, what was given up to show any.

    Raises:
        ProblemError: 400 or 404 for a filter, facet, category or sort order that the release does not have.
    """
    ruled = under_rules(
        snapshot, "search", Wanted(asked.limit, in_stock_only=False), category=asked.category, user_id=asked.user_id
    )
    kept = constraints(snapshot, asked)
    if ruled.allowed is not None:
        kept = [*kept, Constraint(RULES, RULES, ruled.allowed, may_go=False)]
    lexical = snapshot.release.lexical
    spelt = Correction(asked.query, None) if lexical is None else lexical.correction(asked.query)
    pool = pool_of(snapshot, await _read(snapshot, workers, asked.query, spelt.query))
    found = found_by(pool, kept)
    suggestion = spelt.suggestion
    if found is None and suggestion is not None:
        other = pool_of(snapshot, await _read(snapshot, workers, asked.query, suggestion))
        found = found_by(other, kept, (f"no product matches '{spelt.query}': this is for '{suggestion}'",))
        suggestion = None if found is not None else suggestion
    if found is None:
        found = recovered(snapshot, pool, kept)
    return _answer(snapshot, asked, ruled, found, suggestion)


def _answer(
    snapshot: Snapshot, asked: SearchRequest, ruled: Ruled, found: Found, suggestion: str | None
) -> SearchAnswer:
    """The page of what was found."""
    chain = found.chain(snapshot, asked.sort)
    page = list_answer(snapshot, ruled.page(chain, found.shown, asked.offset, by_relevance=asked.sort == "relevance"))
    counted, prices = facets(snapshot, asked.facets, found.matching, found.kept, asked.filters)
    text = found.pool.read.text
    return SearchAnswer(
        items=page.items,
        answered_by=page.answered_by,
        fallbacks_tried=page.fallbacks_tried,
        release=page.release,
        searched_for=None if text == asked.query else text,
        total=int(np.count_nonzero(found.shown)),
        facets=counted,
        price_range=prices,
        relaxed=list(found.relaxed),
        did_you_mean=suggestion,
    )


async def _read(snapshot: Snapshot, workers: Workers, typed: str, text: str) -> QueryRead:
    """``text`` with its vector, and the products that ``typed`` names."""
    vector, missing = await _query_vector(snapshot, workers, text)
    return QueryRead(text, vector, missing, snapshot.release.numbers.find(typed))


async def _query_vector(
    snapshot: Snapshot, workers: Workers, query: str
) -> tuple[NDArray[np.float32] | None, str | None]:
    """The query's vector, or none and why."""
    if snapshot.queries is None:
        return None, "this release has no encoder of queries"
    if not has_words(query):
        return None, "the query has no words"
    vector = snapshot.queries.known(query)
    if vector is None:
        try:
            vector = await workers.run("encode", snapshot.queries.encode, query)
        except BusyError:
            # Words alone answer at once: better than to let shoppers wait or to refuse them.
            return None, "too many queries are waiting for their vectors"
    return vector, None
