"""``upshelf run``: the pipeline over a range of days, and the release as of the last one."""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from commands.environment import prepare
from commands.shop import the_shop

if TYPE_CHECKING:
    from commands.pipeline import Ran
    from resources.shop import Shop

__all__ = ["run"]

_DAY = click.DateTime(formats=["%Y-%m-%d"])


class Days(click.ParamType[tuple[date, date]]):
    """``2026-01-01..2026-01-30``, or one day, as (first, last)."""

    name = "DAYS"

    def convert(
        self, value: str | tuple[date, date], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[date, date]:
        """Read the text; a range that runs backwards is refused."""
        if isinstance(value, tuple):
            return value
        first, dots, last = value.partition("..")
        try:
            days = date.fromisoformat(first), date.fromisoformat(last if dots else first)
        except ValueError:
            self.fail(f"{value!r} is no range of days: write 2026-01-01..2026-01-30, or one day", param, ctx)
        if days[1] < days[0]:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return days


@click.command()
@click.argument("days", required=False, type=Days())
@click.option("--as-of", type=_DAY, metavar="DAY", help="Fit and release as of this day (default: the last of DAYS).")
@click.option("--tables-only", is_flag=True, help="Read DAYS into the tables, and fit nothing.")
@click.option(
    "--accept-shrunk", metavar="DAYS", help="Days that may lose most of their rows, with commas between, or `all`."
)
def run(days: tuple[date, date] | None, as_of: datetime | None, tables_only: bool, accept_shrunk: str | None) -> None:
    """Read DAYS of the shop's logs, fit everything as of the last one, and publish the release.

    DAYS is 2026-01-01..2026-01-30, or one day. `upshelf run --as-of DAY` alone fits and releases from the tables as
    they are. What the nightly schedule does, by hand. Exit code 1 where an asset or a check fails or the release is
    refused.
    """
    day = as_of.date() if as_of else None if days is None else days[1]
    if day is None:
        raise click.UsageError("name the days to read, such as 2026-01-01..2026-01-30, or --as-of a day")
    if tables_only and days is None:
        raise click.UsageError("--tables-only needs the days to read")
    settings, shop = prepare(), the_shop()
    for one in (*(days or ()), day):
        _require_of_shop(shop, one)
    from commands.pipeline import opened

    ran = []
    with opened(settings, shop) as pipeline:
        if days is not None:
            click.echo(f"Logs of {shop.name} to tables and features, {days[0]} to {days[1]}")
            ran.append(_told(pipeline.tables(*days, accept_shrunk)))
        if not tables_only and all(before.success for before in ran):
            click.echo(f"Models, reports and the release of {shop.name}, as of {day}")
            ran.append(_told(pipeline.models(day)))
    sys.exit(0 if all(one.passed for one in ran) else 1)


def _require_of_shop(shop: "Shop", day: date) -> None:
    """Refuse a day that the shop does not have, or not yet."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    last = min(shop.last_day or yesterday, yesterday)
    if not shop.first_day <= day <= last:
        raise click.UsageError(f"{day} is none of the shop's days, which are {shop.first_day} to {last}")


def _told(ran: "Ran") -> "Ran":
    """Say what came of a run, its faults at the end where they are seen."""
    for fault in ran.faults if not ran.passed else ():
        click.echo(f"✗ {fault}", err=True)
    if ran.release:
        version = ran.release["registry_version"]
        click.echo(f"release {ran.release['release']} (version {version}): {ran.release['verdict']}")
    return ran
