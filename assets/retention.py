"""Delete what is old: ``python -m assets.retention [--keep-days 30] [--keep-versions 10] [--apply]``.

What belongs here: what may go. What does not: how a folder, a version or a file is deleted (`resources`). Without
``--apply`` it only tells. No asset reads another's model of an earlier day, or an earlier version of a table; all that
goes can be made again from the tables but the versions of releases.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from resources.lake import MIN_UNUSED_DAYS, Lake
from resources.model_store import ModelStore
from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.shop import Shop, ShopError
from resources.tables import TABLES

__all__ = ["Expendable", "delete", "find", "main"]

_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


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
    untold: Mapping[str, str]
    """Table → why it cannot be told which of its files are in use, so that all stay."""

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum([*self.days.values(), *self.versions.values(), *(size for _, size in self.tables.values())])


def find(lake: Lake, models: ModelStore, registry: Registry, *, keep_days: int, keep_versions: int) -> Expendable:
    """What is neither in use nor recent.

    Models of the ``keep_days`` days up to the newest stay, and those as of the days of the releases in use: the
    champion, the release that a rollback goes to, and any other that an alias names. Of other releases the last
    ``keep_versions`` stay. Of tables, the versions that the releases in use were made from stay readable, and files
    that went out of use in the last ``keep_days`` days.

    Raises:
        ValueError: If fewer days than `MIN_UNUSED_DAYS` or fewer than no versions are to be kept.
    """
    if keep_days < MIN_UNUSED_DAYS or keep_versions < 0:
        raise ValueError(f"keep at least {MIN_UNUSED_DAYS} days and 0 versions, not {keep_days} and {keep_versions}.")
    versions = dict(registry.versions())
    needed = registry.needed()
    used_days = {versions[version].get("as_of") for version in needed}
    known = models.days()
    oldest = date.fromisoformat(max(known)) - timedelta(days=keep_days - 1) if known else date.min
    recent = set(list(versions)[max(len(versions) - keep_versions, 0) :])
    used_tables, files, untold = _tables_of(registry, needed), dict[str, list[str]](), dict[str, str]()
    for table in TABLES:
        try:
            files[table] = lake.unused_files(table, keep_days, used_tables.get(table, frozenset()))
        except ValueError as reason:  # such as a log that Delta has cleaned up: other tables need not wait for it
            untold[table] = str(reason)
    return Expendable(
        days={
            day: sum(map(_size, folders))
            for day, folders in known.items()
            if date.fromisoformat(day) < oldest and day not in used_days
        },
        versions={v: registry.size(v) for v in versions if v not in needed and v not in recent},
        tables={table: (len(of), sum(map(_size, map(Path, of)))) for table, of in files.items() if of},
        table_versions=used_tables,
        untold=untold,
    )


def delete(found: Expendable, lake: Lake, models: ModelStore, registry: Registry, *, keep_days: int) -> None:
    """Delete what `find` found, one thing after another; what a kill leaves over is found again."""
    for day in found.days:
        models.remove(day)
    for version in found.versions:
        registry.remove(version)
    for table in found.tables:
        lake.unused_files(table, keep_days, found.table_versions.get(table, frozenset()), delete=True)


def _tables_of(registry: Registry, versions: Mapping[str, str]) -> dict[str, frozenset[int]]:
    """Versions of each table that these releases were made from, as their manifests tell."""
    found: dict[str, set[int]] = {}
    for version in versions:
        for table, used in json.loads(registry.read_text(version, "manifest.json")).get("tables", {}).items():
            found.setdefault(table, set()).add(int(used))
    return {table: frozenset(used) for table, used in found.items()}


def _size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 where it is not on this machine."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.exists() else 0


def _told(found: Expendable) -> Iterator[str]:
    """What goes, line by line."""
    yield f"models: {len(found.days)} days"
    yield from (f"  {day:<24}{_mb(size)}" for day, size in found.days.items())
    yield f"releases: {len(found.versions)} versions"
    yield from (f"  {f'version {version}':<24}{_mb(size)}" for version, size in found.versions.items())
    yield f"tables: {sum(number for number, _ in found.tables.values())} files that are no longer used"
    yield from (f"  {table:<24}{_mb(size)}  {number} files" for table, (number, size) in found.tables.items())
    yield from (f"  {table}: all files stay, because {reason}" for table, reason in found.untold.items())
    yield f"{'in all':<26}{_mb(found.size)}"


def _mb(size: int) -> str:
    return f"{size / 1e6:>12,.1f} MB"


def _runs_under_way() -> list[str]:
    """Ids of the pipeline's runs that are queued or running."""
    with dg.DagsterInstance.get() as instance:
        return [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=_UNDER_WAY))]


def main(arguments: Sequence[str]) -> int:
    """Tell what may go and, if asked to, delete it; 1 where that is not possible now."""
    parser = argparse.ArgumentParser(prog="python -m assets.retention", description="Delete what is old.")
    parser.add_argument("--keep-days", type=int, default=30, help="days of models and of table versions (default 30)")
    parser.add_argument("--keep-versions", type=int, default=10, help="releases beside those in use (default 10)")
    parser.add_argument("--apply", action="store_true", help="delete; without it nothing is")
    chosen = parser.parse_args(arguments)
    if chosen.apply and not os.environ.get("DAGSTER_HOME"):
        sys.stderr.write("DAGSTER_HOME is not set, so it cannot be told whether a run is under way: set it.\n")
        return 1
    if chosen.apply and (runs := _runs_under_way()):
        sys.stderr.write(f"nothing was deleted: run {runs[0]} is under way. Try again when it is over.\n")
        return 1
    settings = Settings.from_env()
    lake, models = Lake(settings.lake_url), ModelStore(settings.home / "models")
    try:
        registry = Registry(settings, Shop.load(settings.shop).name)
        found = find(lake, models, registry, keep_days=chosen.keep_days, keep_versions=chosen.keep_versions)
        sys.stdout.write("\n".join(_told(found)) + "\n")
        if chosen.apply:
            delete(found, lake, models, registry, keep_days=chosen.keep_days)
    except (RegistryError, ShopError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("deleted\n" if chosen.apply else "nothing was deleted; --apply deletes it\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
