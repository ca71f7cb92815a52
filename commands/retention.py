"""``upshelf retention``: what is old enough to be deleted, and deleting it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from commands.environment import prepare
from commands.shop import the_shop

if TYPE_CHECKING:
    from assets.release.retention import Expendable

__all__ = ["retention", "runs_under_way"]


@click.command()
@click.option(
    "--keep-days",
    type=int,
    help="Days of models and of table versions that stay (default: versions_days of shop.toml).",
)
@click.option("--keep-versions", default=10, show_default=True, help="Releases that stay beside those in use.")
@click.option("--apply", is_flag=True, help="Delete; without it nothing is.")
def retention(keep_days: int | None, keep_versions: int, apply: bool) -> None:
    """Show what is old enough to be deleted, with sizes, and with --apply delete it."""
    settings, shop = prepare(), the_shop()
    from assets.release.retention import delete, find
    from resources.lake import Lake
    from resources.lake.aging import drop_up_to, last_old_day, rows_up_to
    from resources.model_store import open_models
    from resources.registry import Registry, RegistryError

    if apply and (runs := runs_under_way()):
        raise click.ClickException(f"nothing was deleted: run {runs[0]} is under way. Try again when it is over.")
    lake, models, registry = (
        Lake(settings.lake_url),
        open_models(settings),
        Registry(settings, shop.name),
    )
    try:
        days, logs_days = keep_days if keep_days is not None else shop.retention.versions_days, shop.retention.logs_days
        last = None if logs_days is None else last_old_day(lake, logs_days, datetime.now(UTC).date())
        expendable = find(lake, models, registry, keep_days=days, keep_versions=keep_versions, last_old_day=last)
        click.echo("\n".join(_lines(expendable)))
        if last is not None:
            click.echo("\n".join(_rows(last, rows_up_to(lake, last))))
        if apply:
            if last is not None:
                drop_up_to(lake, last)
            delete(expendable, lake, models, registry, keep_days=days)
    except (RegistryError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("deleted" if apply else "nothing was deleted; --apply deletes it")


def runs_under_way() -> list[str]:
    """Ids of the pipeline's runs that are queued, running or being stopped."""
    import dagster as dg

    from assets.automation import UNDER_WAY

    with dg.DagsterInstance.get() as instance:
        return [run.run_id for run in instance.get_runs(UNDER_WAY)]


def _lines(expendable: "Expendable") -> Iterator[str]:
    """What goes, line by line."""
    yield f"models: {len(expendable.days)} days"
    yield from (f"  {day:<24}{_mb(size)}" for day, size in expendable.days.items())
    yield f"releases: {len(expendable.versions)} versions"
    yield from (f"  {f'version {version}':<24}{_mb(size)}" for version, size in expendable.versions.items())
    yield f"tables: {sum(number for number, _ in expendable.tables.values())} files that are no longer used"
    yield from (f"  {table:<24}{_mb(size)}  {number} files" for table, (number, size) in expendable.tables.items())
    yield from (f"  {table}: all files stay, because {reason}" for table, reason in expendable.unknown.items())
    yield f"{'in all':<26}{_mb(expendable.size)}"


def _rows(last: str, rows: Mapping[str, int]) -> Iterator[str]:
    """Rows of logs that go, line by line."""
    yield f"logs: {sum(rows.values()):,} rows of days up to {last}"
    yield from (f"  {table:<24}{count:>12,} rows" for table, count in rows.items())


def _mb(size: int) -> str:
    return f"{size / 1e6:>12,.1f} MB"
