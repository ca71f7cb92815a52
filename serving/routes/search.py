"""Search, for storefronts."""

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.types import Scope

from serving.context import Context
from serving.http.examples import ANSWERS
from serving.http.openapi import responses
from serving.http.problems import ProblemError
from serving.release.snapshot import Snapshot
from serving.requests import Query
from serving.search import search as searching
from serving.search import suggest as completing
from serving.search.answers import SearchAnswer
from serving.search.requests import OfRelease, SearchRequest, search_request
from serving.search.suggest import SuggestAnswer

__all__ = ["search", "suggest"]


@get(
    "/v1/search",
    summary="Find products by words and meaning",
    opt={"kept": "search"},
    dependencies={"search_request": Provide(search_request, sync_to_thread=False)},
    responses=responses(SearchAnswer, ANSWERS["SearchAnswer"], problems=(400, 404, 409)),
)
async def search(
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    search_request: NamedDependency[SearchRequest],
    scope: Scope,
    release: OfRelease = None,
) -> SearchAnswer:
    """A product number comes first; then words and meaning in one score; then the rest of what matches.

    Where nothing matches, `relaxed` says what was changed to find anything.
    """
    if release is not None and release != snapshot.version:
        raise ProblemError(
            409, "release-changed", f"Release {snapshot.version} answers now, not {release}: start at offset 0 again."
        )
    answer = await searching.search(snapshot, api.workers, search_request, most_seconds=api.settings.search_seconds)
    if searching.is_hurried(answer):
        scope["state"]["passing"] = True
    return api.counted("search", answer)


@get(
    "/v1/search/suggest",
    summary="Complete what a shopper types",
    opt={"kept": "suggest"},
    responses=responses(SuggestAnswer, ANSWERS["SuggestAnswer"], problems=(400,)),
    sync_to_thread=False,
)
def suggest(snapshot: NamedDependency[Snapshot], q: Query) -> SuggestAnswer:
    """Popular queries, categories, brands and products in stock, of which a word begins so."""
    return completing.suggest(snapshot, q)
