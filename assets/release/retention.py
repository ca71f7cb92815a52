"""What is old enough to be deleted.

What belongs here: what may go. What does not: how a folder, a version or a file is deleted (`resources`). No asset
reads another's model of an earlier day, or an earlier version of a table; all that goes can be made again from the
tables but the versions of releases.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from resources.lake import MIN_UNUSED_DAYS, Lake
from resources.lake.aging import versions_without
from resources.model_store import ModelStore
from resources.registry import Registry
from resources.tables import TABLES

__all__ = ["Expendable", "delete", "find", "used_tables"]


@dataclass(frozen=True, slots=True)
class Expendable:
    """What may go, each with its bytes."""

    days: Mapping[str, int]
    """Days of the model store."""
    versions: Mapping[str, int]
    """Versions of the registry."""
    tables: Mapping[str, tuple[int, int]]
    """Table → (number, bytes) of the files that no version in use needs."""
    table_versions: Mapping[str, frozenset[int]]
    """Table → versions that the releases in use were made from, which stay readable."""
    unknown: Mapping[str, str]
    """Table → why it cannot be told which of its files are in use, so that all stay."""

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum([*self.days.values(), *self.versions.values(), *(size for _, size in self.tables.values())])


def find(
    lake: Lake,
    models: ModelStore,
    registry: Registry,
    *,
    keep_days: int,
    keep_versions: int,
    last_old_day: str | None = None,
) -> Expendable:
    """What is neither in use nor recent.

    Models of the ``keep_days`` days up to the newest stay, and those as of the days of the releases in use: the
    champion, the release that a rollback goes to, and any other that an alias names. Of other releases the last
    ``keep_versions`` stay. Of tables, the versions that the releases in use were made from stay readable, and files
    that went out of use in the last ``keep_days`` days; not those that hold days of logs up to ``last_old_day``.

    Raises:
        ValueError: If fewer days than `MIN_UNUSED_DAYS` or fewer than no versions are to be kept.
    """
    if keep_days < MIN_UNUSED_DAYS or keep_versions < 0:
        raise ValueError(f"keep at least {MIN_UNUSED_DAYS} days and 0 versions, not {keep_days} and {keep_versions}.")
    versions = dict(registry.versions())
    needed = registry.needed()
    used_days = {versions[version].get("as_of") for version in needed}
    known = models.sizes()
    oldest = date.fromisoformat(max(known)) - timedelta(days=keep_days - 1) if known else date.min
    recent = set(list(versions)[max(len(versions) - keep_versions, 0) :])
    used, files, unknown = (
        used_tables(lake, registry, needed, last_old_day),
        dict[str, Mapping[str, int]](),
        dict[str, str](),
    )
    for table in TABLES:
        try:
            files[table] = lake.unused_files(table, keep_days, used.get(table, frozenset()))
        except ValueError as reason:  # such as a log that Delta has cleaned up: other tables need not wait for it
            unknown[table] = str(reason)
    return Expendable(
        days={day: size for day, size in known.items() if date.fromisoformat(day) < oldest and day not in used_days},
        versions={v: registry.size(v) for v in versions if v not in needed and v not in recent},
        tables={table: (len(of), sum(of.values())) for table, of in files.items() if of},
        table_versions=used,
        unknown=unknown,
    )


def delete(expendable: Expendable, lake: Lake, models: ModelStore, registry: Registry, *, keep_days: int) -> None:
    """Delete what `find` gives, one thing after another; what a kill leaves over is found again."""
    models.clear_leftovers()
    for day in expendable.days:
        models.remove(day)
    for version in expendable.versions:
        registry.remove(version)
    for table in expendable.tables:
        lake.unused_files(table, keep_days, expendable.table_versions.get(table, frozenset()), delete=True)


def used_tables(
    lake: Lake, registry: Registry, versions: Mapping[str, str], last_old_day: str | None = None
) -> dict[str, frozenset[int]]:
    """Versions of each table that these releases were made from, from their manifests.

    Without those that hold days of logs up to ``last_old_day``.
    """
    tables: dict[str, set[int]] = {}
    for version in versions:
        for table, used in json.loads(registry.read_text(version, "manifest.json")).get("tables", {}).items():
            tables.setdefault(table, set()).add(int(used))
    if last_old_day is None:
        return {table: frozenset(used) for table, used in tables.items()}
    return {table: versions_without(lake, table, used, last_old_day) for table, used in tables.items()}
