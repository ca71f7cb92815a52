"""Following another release: what would change, and the change itself, on record."""

from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from assets.models.manifest import ReleaseError
from resources.registry import Registry, RegistryError
from serving.console.access import PATH, Console, Session
from serving.console.overview import compared, measures
from serving.console.rendering import answer
from serving.console.sections import Page, Section, Table
from serving.context import Context
from serving.http.problems import ProblemError
from serving.release.rollback import promote, roll_back

__all__ = ["apply_change", "change"]

_ABOUT = (
    "Measures of both releases on days and users that no model was trained on. They were measured on different days, "
    "so small differences say little."
)


class _Change(NamedTuple):
    """From one version to another."""

    champion: str
    version: str
    is_back: bool
    """Whether the version is older than the champion."""
    section: Section


@get("/releases/{version:int}")
async def change(
    request: Request[Any, Any, Any],
    version: FromPath[int],
    api: NamedDependency[Context],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
) -> Response[Any]:
    """What would change, and a form that asks again before it does."""
    planned = await api.workers.run("store", _planned, _registry(console), str(version))
    page = Page("release", f"Follow version {version}", [planned.section])
    return answer(request, session, page, None, "release.html", planned=planned, seconds=api.settings.poll_seconds)


@post("/releases/{version:int}", status_code=303)
async def apply_change(
    request: Request[Any, Any, Any],
    version: FromPath[int],
    api: NamedDependency[Context],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
) -> Redirect:
    """Follow the version if it answers; on record either way."""
    if (await request.form()).get("confirmed") != "yes":
        raise ProblemError(400, "not-confirmed", "Nothing was changed: tick the box that says that you mean it.")
    registry = _registry(console)
    planned = await api.workers.run("store", _planned, registry, str(version))
    follow, verb = (roll_back, "rolled back") if planned.is_back else (promote, "promoted")
    try:
        # In the thread that loads releases: it loads one.
        left, followed = await api.workers.run("reload", follow, registry, planned.version, api.settings.cache)
    except (RegistryError, ReleaseError) as error:
        await console.access.record(session, f"was refused version {version}: {error}")
        raise ProblemError(409, "refused", str(error)) from error
    await console.access.record(session, f"{verb} from version {left} to version {followed}")
    return Redirect(PATH, status_code=303)


def _registry(console: Console) -> Registry:
    if console.registry is None:
        raise ProblemError(404, "no-registry", "This API follows no registry, so there is nothing to promote here.")
    return console.registry


def _planned(registry: Registry, version: str) -> _Change:
    """Read both versions; waits for the registry."""
    try:
        registry.rollback_target(version)
    except RegistryError as error:
        raise ProblemError(404, "unknown-version", str(error)) from error
    champion = str(registry.champion_version())
    if champion == version:
        raise ProblemError(409, "followed-already", f"Version {version} is the one that is followed.")
    table = compared(measures(registry, version), measures(registry, champion))
    columns = ("measure", f"version {version}", f"version {champion}, now", "difference")
    section = Section("measures", "What would change", _ABOUT, Table(columns, table.rows))
    return _Change(champion, version, int(version) < int(champion), section)
