"""``upshelf restore``: a table as it was in an earlier version, or at a time."""

from datetime import UTC, datetime

import click

from commands.environment import prepare
from commands.retention import runs_under_way

__all__ = ["restore"]


class Version(click.ParamType[int | datetime]):
    """A number, or a time in ISO 8601; without a zone it is UTC."""

    name = "VERSION"

    def convert(
        self, value: str | int | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | datetime:
        """Read the text."""
        if not isinstance(value, str):
            return value
        if value.isdecimal() and len(value) < 10:
            return int(value)
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a version, such as 12, nor a time, such as 2026-01-30T02:00", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command()
@click.argument("table")
@click.argument("version", type=Version())
@click.option("--dry-run", is_flag=True, help="Say what would come back; nothing is changed.")
def restore(table: str, version: int | datetime, dry_run: bool) -> None:
    """Make TABLE of the lake what it was in VERSION, a number or a time such as 2026-01-30T02:00 (UTC).

    It becomes a new version, so that it can be undone. A version that names a forgotten user is refused.
    """
    settings = prepare()
    from resources.lake import Lake
    from resources.lake.erasure import PERSONAL, users_of_table
    from resources.store import Store
    from resources.store.forgotten import ForgottenUsers
    from resources.tables import TABLES

    if table not in TABLES:
        raise click.UsageError(f"there is no table {table!r}; there are {', '.join(TABLES)}")
    if runs := runs_under_way():
        raise click.ClickException(f"nothing was changed: run {runs[0]} is under way. Try again when it is over.")
    lake, store = Lake(settings.lake_url), Store(settings.store_url)
    try:
        at = lake.version_at(table, version)
        record = ForgottenUsers(store.engine)
        if table in PERSONAL and (waiting := len(record.pending()[0])):
            raise click.ClickException(
                f"{waiting} users are still to be forgotten, and version {at} of {table} may hold them. Call "
                "`upshelf forget` first."
            )
        if named := users_of_table(lake, table, record.everyone(), at):
            raise click.ClickException(
                f"version {at} of {table} holds rows of {len(named)} users who have been forgotten. Name a newer one."
            )
        now, then = lake.count(table), lake.count(table, version=at)
        if not dry_run:
            written = lake.restore(table, at)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    finally:
        store.close()
    if dry_run:
        click.echo(f"{table}: version {at} has {then:,} rows, now there are {now:,}; nothing was changed")
        return
    click.echo(f"{table}: {then:,} rows as in version {at}, {now:,} before; it is version {written} now")
    click.echo("what is made of it follows with `upshelf run` over the days that differ")
