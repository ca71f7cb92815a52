"""The overview: which release answers, what it lacks and why, how its measures moved, and who did what."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from resources.registry import PREVIOUS_TAG, Registry, RegistryError
from resources.store.console_records import Act, read_acts
from serving.console.access import PATH, Console, Session
from serving.console.rendering import answer
from serving.console.sections import Cell, Link, Page, Section, Table
from serving.context import Context
from serving.release.snapshot import Snapshot

__all__ = ["History", "history", "measures", "overview"]

LAST_RELEASES, LAST_ACTS = 30, 100


class History(NamedTuple):
    """What the registry says: versions with their tags, oldest first."""

    versions: Sequence[tuple[str, Mapping[str, str]]]
    champion: str | None
    previous: str | None
    """The version that a rollback goes to."""
    before: Mapping[str, float]
    """Measures of that version."""


def history(registry: Registry) -> History:
    """Read the registry; waits for it."""
    versions, champion = registry.versions(), registry.champion_version()
    known = dict(versions)
    previous = known.get(champion or "", {}).get(PREVIOUS_TAG)
    previous = previous if previous in known else None
    return History(versions[-LAST_RELEASES:], champion, previous, measures(registry, previous))


def measures(registry: Registry, version: str | None) -> Mapping[str, float]:
    """Measures of a version by its manifest; none where its files are gone."""
    try:
        text = None if version is None else registry.read_text(version, "manifest.json")
    except RegistryError:
        text = None
    found: Mapping[str, float] = {} if text is None else json.loads(text).get("metrics", {})
    return found


@get(["/", "/overview/{file:str}"])
async def overview(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """The page, or a table of it."""
    snapshot, known = api.follower.current, None
    trouble = [api.follower.reason] if snapshot is None or api.follower.failure is not None else []
    if console.registry is not None:
        try:
            known = await api.workers.run("store", history, console.registry)
        except Exception as error:  # the registry may fail in any way, and the rest of the page stands without it
            trouble.append(f"the registry does not answer ({type(error).__name__})")
    acts = await api.workers.run("store", read_acts, api.store, LAST_ACTS)
    sections = [] if snapshot is None else _of_release(snapshot, known)
    sections += [] if known is None else [_releases(known)]
    page = Page("", "Overview", [*sections, _log(acts)])
    back = None if known is None else known.previous
    return answer(request, session, page, file, "overview.html", trouble=trouble, back=back)


def _of_release(snapshot: Snapshot, known: History | None) -> list[Section]:
    manifest, loaded = snapshot.release.manifest, snapshot.release
    age = (datetime.now(UTC).date() - date.fromisoformat(manifest.as_of)).days
    facts: list[tuple[Cell, ...]] = [
        ("release", snapshot.version),
        ("version in the registry", snapshot.registry_version),
        ("shop", manifest.shop),
        ("last day it knows of", manifest.as_of),
        ("age in days", age),
        ("products", len(loaded.catalogue)),
        ("users with a score", snapshot.scored_users),
        ("currency", manifest.currency),
    ]
    modules: list[tuple[Cell, ...]] = [(name, "there", None) for name in snapshot.modules]
    modules += [(name, "missing", reason) for name, reason in sorted(snapshot.missing.items())]
    fresh = "It knows of yesterday or today." if age <= 1 else f"Its last day is {age} days ago."
    missing = (
        f"{len(snapshot.missing)} of {len(modules)} modules are missing." if snapshot.missing else "None is missing."
    )
    return [
        Section("release", "The release that answers", _RELEASE, Table(("what", "value"), facts), fresh),
        Section("modules", "Modules", _MODULES, Table(("module", "state", "why"), modules), missing),
        _measures(manifest.metrics, known),
    ]


def _measures(now: Mapping[str, float], known: History | None) -> Section:
    before = {} if known is None else known.before
    against = "" if known is None or known.previous is None else f"Before: version {known.previous}."
    return Section("measures", "Measures against the release before", _MEASURES, compared(now, before), against)


def compared(now: Mapping[str, float], before: Mapping[str, float]) -> Table:
    """Measures of two releases side by side, with the difference where both have one."""
    rows: list[tuple[Cell, ...]] = []
    for name in sorted({*now, *before}):
        left, right = now.get(name), before.get(name)
        rows.append((name, left, right, None if left is None or right is None else left - right))
    return Table(("measure", "now", "before", "difference"), rows)


def _releases(known: History) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for version, tags in reversed(known.versions):
        is_champion = version == known.champion
        action: Cell = "answers now" if is_champion else Link("compare and follow …", f"{PATH}/releases/{version}")
        rows.append((int(version), tags.get("as_of"), tags.get("release"), tags.get("verdict"), action))
    columns = ("version", "last day", "release", "verdict of the gate", "follow")
    return Section("releases", "Releases", _RELEASES, Table(columns, rows))


def _log(acts: Sequence[Act]) -> Section:
    rows = [(act.ts.strftime("%Y-%m-%d %H:%M:%S"), act.who, act.what) for act in acts]
    return Section("log", "Who did what", _LOG, Table(("when (UTC)", "who", "what"), rows))


_RELEASE = (
    "A release is one set of models and tables, built together by the nightly run. All answers of the API come from "
    "one release at a time. If its last day is older than yesterday, a nightly run failed or its release was refused."
)
_MODULES = (
    "A module is one model of the release, such as search or bought together. A shop without the data for one gets a "
    "release without it, with the reason; lists then fall back to the next best module."
)
_MEASURES = (
    "Measures on days and users that no model was trained on, of this release and of the one that it replaced. "
    "Differences as small as their intervals, which stand with each measure on the pages Targeting and Quality, are "
    "chance."
)
_RELEASES = (
    "Every release that was registered, the newest first. The gate refuses one that is worse than the release before, "
    "and says why. To follow another one, open its comparison."
)
_LOG = (
    "Sign-ins, changes of the release, releases loaded to compare, drafts of rules and exports from this console, the "
    "last hundred. A key is named by the first eight digits of its SHA-256."
)
