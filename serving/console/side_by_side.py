"""Two releases side by side: what the one that answers says, and what another kept one would say, place by place.

What belongs here: the page. What is loaded for it, and for how long, is `serving.release.second`.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ParamSpec, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from resources.registry import Registry, RegistryError
from serving.console.access import PATH, Console, Session
from serving.console.overview import LAST_RELEASES
from serving.console.places import moved, moves
from serving.console.rendering import answer, html
from serving.console.rules.look import Look, answered
from serving.console.sections import Cell, Page, Section, Table
from serving.context import Context
from serving.http.problems import ProblemError
from serving.lists.answers import Item, ListAnswer
from serving.release.live_updates import as_now
from serving.release.second import SecondRelease
from serving.release.snapshot import Snapshot
from serving.requests import OptionalId
from serving.search.requests import Typed

__all__ = ["choose", "side_by_side"]

Version = Annotated[int | None, QueryParameter(ge=1, description="The release beside the one that answers")]
P = ParamSpec("P")
Told = TypeVar("Told")
_NAME = "discover/beside"
_PLACES = 20
_NOTHING = ListAnswer([], "none", [], "")


@get(["/discover/beside", "/discover/beside/{file:str}"])
async def side_by_side(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
    version: Version = None,
    q: Typed = "",
    product: OptionalId = None,
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """Both releases' answers if the other one is loaded; else that it is on its way, or the form that loads it."""
    registry, second = _parts(console)
    known = await _asked(api, registry.versions)
    chosen = None if version is None else str(version)
    values: dict[str, Any] = {
        "versions": [(number, tags.get("as_of")) for number, tags in reversed(known[-LAST_RELEASES:])],
        "chosen": chosen,
        "now": snapshot.registry_version,
        "q": q,
        "product": product or "",
        "is_loading": chosen is not None and second.is_loading(chosen),
        "failure": None if chosen is None else second.failure(chosen),
    }
    loaded = None if chosen is None else second.find(chosen)
    sections: Sequence[Section] = []
    if loaded is not None:
        other = await api.workers.run("store", as_now, api.store, loaded)
        sections = await _sections(api, other, snapshot, q.strip(), product)
    page = Page(_NAME, "Two releases side by side", sections)
    if values["is_loading"]:
        return html("beside.html", session=session, here="discover", status=202, page=page, suffix="", **values)
    return answer(request, session, page, file, "beside.html", **values)


@post("/discover/beside", status_code=303)
async def choose(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
) -> Redirect:
    """Load the version of the form beside the one that answers, and go to the page."""
    form = await request.form()
    registry, second = _parts(console)
    version = str(form.get("version", ""))
    if version == snapshot.registry_version:
        raise ProblemError(409, "answers-already", f"Version {version} is the one that answers: choose another one.")
    await _asked(api, registry.rollback_target, version or "0")
    if second.begin(version):
        await console.access.record(session, f"loaded version {version} beside version {snapshot.registry_version}")
    said = {"version": version, "q": str(form.get("q", "")), "product": str(form.get("product", ""))}
    return Redirect(f"{PATH}/{_NAME}?{urlencode({k: v for k, v in said.items() if v})}", status_code=303)


def _parts(console: Console) -> tuple[Registry, SecondRelease]:
    if console.registry is None or console.second is None:
        raise ProblemError(404, "no-registry", "This API follows no registry, so there is no other release.")
    return console.registry, console.second


async def _asked(api: Context, call: Callable[P, Told], *args: P.args, **kwargs: P.kwargs) -> Told:
    """What the registry says, which it may take its time for."""
    try:
        return await api.workers.run("store", call, *args, **kwargs)
    except RegistryError as error:
        raise ProblemError(404, "unknown-version", str(error)) from error
    except Exception as error:  # it may fail in any way, and its message may quote hosts and users
        detail = f"The registry does not answer ({type(error).__name__}). Try again in a moment."
        raise ProblemError(503, "no-registry", detail) from error


async def _sections(api: Context, other: Snapshot, now: Snapshot, query: str, product: str | None) -> Sequence[Section]:
    """The two releases, and what they answer to the query or of the product; without either what is popular."""
    looks: list[tuple[str, str, Look]] = []
    if query:
        looks.append(("results", f"Search for {query}", Look(surface="search", of=query, limit=_PLACES)))
    if product is not None:
        looks.append(("similar", f"Similar to {product}", Look(surface="similar", of=product, limit=_PLACES)))
        together = Look(surface="bought_together", of=product, limit=_PLACES)
        looks.append(("together", f"Bought together with {product}", together))
    if not looks:
        looks.append(("popular", "Popular in the shop", Look(limit=_PLACES)))
    return [_releases(other, now), *[await _compared(api, other, now, *look) for look in looks]]


async def _compared(api: Context, other: Snapshot, now: Snapshot, name: str, title: str, look: Look) -> Section:
    said = list[str]()
    both = list[ListAnswer]()
    for snapshot in (other, now):
        try:
            both.append(await answered(api, snapshot, look))
        except ProblemError as error:
            both.append(_NOTHING)
            said.append(f"Version {snapshot.registry_version}: {error.detail}")
    before, after = both
    was, are = ({item.product_id: item for item in one.items} for one in both)
    rows: list[tuple[Cell, ...]] = []
    for move in moves(before.items, after.items):
        product = move.item.product_id
        rows.append((*move.cells, *_why(was.get(product)), *_why(are.get(product))))
    different = len(moved(before.items, after.items))
    said.insert(0, f"{different} of {len(rows)} products have another place." if different else "Both say the same.")
    old, new = f"version {other.registry_version}", f"version {now.registry_version}, now"
    places = ("product", "number", f"place in {old}", f"place in {new}", "change")
    columns = [*places, *(f"{what}, {which}" for which in (old, new) for what in ("module", "score", "rules"))]
    return Section(name, title, _COMPARED, Table(columns, rows), " ".join(said))


def _why(item: Item | None) -> tuple[Cell, Cell, Cell]:
    return (None, None, None) if item is None else (item.module, item.score, ", ".join(item.rules))


def _releases(other: Snapshot, now: Snapshot) -> Section:
    both = (other, now)
    rows: list[tuple[Cell, ...]] = [
        ("release", *(one.version for one in both)),
        ("last day it knows of", *(one.release.manifest.as_of for one in both)),
        ("products", *(f"{len(one.release.catalogue):,}" for one in both)),
        ("rules", *(f"{len(one.release.rules.declared):,}" for one in both)),
        ("missing modules", *(", ".join(sorted(one.missing)) for one in both)),
    ]
    columns = ("what", f"version {other.registry_version}", f"version {now.registry_version}, now")
    return Section("releases", "The two releases", _RELEASES, Table(columns, rows))


_COMPARED = (
    "The same question to both releases, with the shop's prices and stock of now: products in the order of the release "
    "that answers, then those that only the other one has among its first. Where the place differs, it says by how "
    "much, seen from the other release. Scores of different releases cannot be compared."
)
_RELEASES = (
    "The one that answers, and another that is kept. The other one was loaded into this process's memory for this page "
    "alone; it goes when nobody has looked at it for ten minutes, or another one is chosen. Visitors never get it."
)
