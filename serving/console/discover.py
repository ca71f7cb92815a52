"""Discover: the shop as its visitors get it, with the module, score, reason and rules of every product.

What belongs here: searches and lists as sections. Their answers are those of `serving.search` and `serving.lists`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from serving.console.access import PATH, Console, Session
from serving.console.places import product_link
from serving.console.rendering import answer
from serving.console.sections import Cell, Link, Page, Section, Table
from serving.context import Context
from serving.http.problems import ProblemError
from serving.lists import lists
from serving.lists.answers import ListAnswer, product_named
from serving.release.snapshot import Snapshot
from serving.requests import BoundedId, ListRequest, Query
from serving.search import search as searching
from serving.search.answers import SearchAnswer
from serving.search.requests import SearchRequest, search_request
from serving.search.suggest import suggest

__all__ = ["completions", "discover", "product"]

Viewed = Annotated[list[BoundedId] | None, QueryParameter(max_items=50, description="Products viewed before")]
_SEARCH = {"search_request": Provide(search_request, sync_to_thread=False)}
_FACETS = ("category", "brand", "price")
_ROW_ITEMS, _ROWS = 8, 3


@get(["/discover", "/discover/{file:str}"], dependencies=_SEARCH)
async def discover(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    search_request: NamedDependency[SearchRequest],
    session: NamedDependency[Session],
    console: NamedDependency[Console],
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """The shop's front, or what a search found; or a table of it."""
    known = snapshot.release.attributes.names
    facets = search_request.facets or tuple(name for name in _FACETS if name in known)
    asked = replace(search_request, facets=facets)
    found = await searching.search(snapshot, api.workers, asked, most_seconds=api.settings.search_seconds)
    typed = asked.query.strip()
    if typed or asked.filters or asked.category or asked.offset:
        sections = [_found(asked, found)]
    else:
        sections = await api.workers.run("list", _front, snapshot)
    values: dict[str, Any] = {
        "asked": asked,
        "beside": _beside(console, "q", typed),
        "found": found,
        "also": [_searched(text) for text in completed(snapshot, typed)] if typed else [],
        "spelt": None if found.did_you_mean is None else _searched(found.did_you_mean),
        "facets": {name: [_facet(asked, name, v.value, v.count) for v in of] for name, of in found.facets.items()},
        "onward": _moved(asked, found.total, asked.limit),
        "back": _moved(asked, found.total, -asked.limit),
    }
    return answer(request, session, Page("discover", "Discover", sections), file, "discover.html", **values)


@get("/discover/completions", sync_to_thread=False)
def completions(snapshot: NamedDependency[Snapshot], q: Query) -> list[str]:
    """What the search box offers while somebody types."""
    return completed(snapshot, q)


@get(["/discover/products/{product_id:str}", "/discover/products/{product_id:str}/{file:str}"])
async def product(
    request: Request[Any, Any, Any],
    product_id: FromPath[str],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    session: NamedDependency[Session],
    console: NamedDependency[Console],
    viewed: Viewed = None,
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """A product and what goes with it, or a table of that."""
    page = await api.workers.run("list", _product_page, snapshot, product_id, viewed or [])
    beside = _beside(console, "product", product_id)
    return answer(request, session, page, file, "product.html", beside=beside)


def completed(snapshot: Snapshot, typed: str) -> list[str]:
    """Completions of every kind as texts to search for, each once."""
    found = suggest(snapshot, typed)
    products = [one.title for one in found.products]
    return list(dict.fromkeys([*found.queries, *found.categories, *found.brands, *products]))


def _front(snapshot: Snapshot) -> list[Section]:
    """What is popular in the shop, and in its first categories."""
    asked = ListRequest(_ROW_ITEMS)
    rows = [_list("popular", "Popular in the shop", _POPULAR, lambda: lists.popular(snapshot, asked))]
    tops = [name for name in snapshot.release.catalogue.category_names if ">" not in name]
    for place, name in enumerate(tops[:_ROWS]):
        made = _list(f"category-{place}", f"Category: {name}", _CATEGORY, _in_category(snapshot, name, asked))
        rows.append(made)
    return rows


def _in_category(snapshot: Snapshot, name: str, asked: ListRequest) -> Callable[[], ListAnswer]:
    return lambda: lists.category(snapshot, name, asked)


def _product_page(snapshot: Snapshot, product_id: str, viewed: Sequence[str]) -> Page:
    """A product, and the lists that start from it; takes milliseconds."""
    shown, asked = product_named(snapshot, product_id), ListRequest(10)
    trail = [*(one for one in viewed if one != product_id), product_id]
    facts: list[tuple[Cell, ...]] = [
        ("number", shown.product_id),
        ("brand", shown.brand),
        ("categories", ", ".join(shown.categories)),
        ("price", None if shown.price is None else f"{shown.price:,.2f} {shown.currency}"),
        ("in stock", shown.in_stock),
        ("tags", ", ".join(shown.tags)),
        ("description", shown.description),
    ]
    sections = [
        Section("product", "The product", _PRODUCT, Table(("what", "value"), facts)),
        _list("similar", "Similar", _SIMILAR, lambda: lists.similar(snapshot, product_id, asked), trail),
        _list("together", "Bought together", _TOGETHER, lambda: _together(snapshot, product_id, asked), trail),
        _list("related", "Related to what was viewed", _RELATED, lambda: lists.session(snapshot, trail, asked), trail),
    ]
    return Page(f"discover/products/{quote(product_id, safe='')}", shown.title, sections)


def _together(snapshot: Snapshot, product_id: str, asked: ListRequest) -> ListAnswer:
    return lists.bought_together(snapshot, [product_id], asked)


def _list(name: str, title: str, about: str, made: Callable[[], ListAnswer], trail: Sequence[str] = ()) -> Section:
    """A list as a section; where it cannot be had, the reason."""
    try:
        return _listed(name, title, about, made(), trail)
    except ProblemError as error:
        return Section(name, title, about, verdict=error.detail)


def _found(asked: SearchRequest, found: SearchAnswer) -> Section:
    return _listed("results", f"{found.total:,} products match", _RESULTS, found, first=asked.offset + 1)


def _listed(
    name: str, title: str, about: str, found: ListAnswer, trail: Sequence[str] = (), *, first: int = 1
) -> Section:
    suffix = f"?{urlencode([('viewed', one) for one in trail])}" if trail else ""
    rows: list[tuple[Cell, ...]] = [
        (
            place,
            product_link(item, suffix),
            item.product_id,
            item.price,
            item.in_stock,
            item.module,
            item.score,
            item.reason,
            ", ".join(item.rules),
        )
        for place, item in enumerate(found.items, start=first)
    ]
    tried = "; ".join(f"{one.module}: {one.items} products{_why(one.note)}" for one in found.fallbacks_tried)
    verdict = f"Answered by {found.answered_by}." + (f" Asked besides: {tried}." if tried else "")
    return Section(name, title, about, Table(_COLUMNS, rows), verdict)


def _beside(console: Console, name: str, value: str) -> str | None:
    """The address where another release is asked the same; none where there can be none."""
    if console.second is None:
        return None
    return f"{PATH}/discover/beside" + (f"?{urlencode({name: value})}" if value else "")


def _why(note: str | None) -> str:
    return "" if note is None else f" ({note})"


def _searched(text: str) -> Link:
    return Link(text, f"{PATH}/discover?{urlencode({'q': text})}")


def _facet(asked: SearchRequest, attribute: str, value: str, count: int) -> tuple[Link, int, bool]:
    """A value to filter by, or to take out of the filters; with its count, and whether it is filtered by."""
    text = f"{attribute}:{value}"
    is_on = text in asked.filters
    filters = tuple(f for f in asked.filters if f != text) if is_on else (*asked.filters, text)
    return Link(value, _address(replace(asked, filters=filters, offset=0))), count, is_on


def _moved(asked: SearchRequest, total: int, by: int) -> str | None:
    """The address of the page before or behind, or none."""
    offset = asked.offset + by
    if offset < 0 or offset >= total:
        return None
    try:
        return _address(replace(asked, offset=offset))
    except ProblemError:  # deeper than pages reach
        return None


def _address(asked: SearchRequest) -> str:
    """A search as an address."""
    pairs: list[tuple[str, str]] = [("q", asked.query), ("sort", asked.sort), ("limit", str(asked.limit))]
    pairs += [("filters", text) for text in asked.filters]
    pairs += [("category", asked.category)] if asked.category else []
    pairs += [("in_stock", "true")] if asked.in_stock_only else []
    pairs += [("offset", str(asked.offset))] if asked.offset else []
    return f"{PATH}/discover?{urlencode(pairs)}"


_COLUMNS = ("place", "product", "number", "price", "in stock", "module", "score", "reason", "rules")
_LISTS = (
    "Each product names the module that put it there, the score by which that module ranks it, the reason that a "
    "visitor can be shown, and the shop's rules that moved it. Scores of different modules cannot be compared. "
)
_RESULTS = (
    "What the API answers to this search. A product number comes first; then words and meaning in one score; then the "
    "rest of what matches. " + _LISTS
)
_POPULAR = "Recent views and sales, the latest counting most. " + _LISTS
_CATEGORY = "What is popular in the category, then in those above it, then in the shop. " + _LISTS
_PRODUCT = "The product as the release knows it, with what the shop has told of it since."
_SIMILAR = "Alike in text and in what visitors look at; then popular in its categories, the narrowest first. " + _LISTS
_TOGETHER = "In the same baskets more often than chance; then similar products; then categories. " + _LISTS
_RELATED = (
    "What sessions like this one went on to: it starts from the products that you opened on this way, which the "
    "address holds. " + _LISTS
)
