"""``upshelf quarantine``: rows that broke a contract, with the rules in words."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import polars as pl

__all__ = ["quarantine"]


@click.command()
@click.argument("table")
@click.option("--day", type=click.DateTime(formats=["%Y-%m-%d"]), metavar="DAY", help="Of this day (default: all).")
@click.option("--rows", default=20, show_default=True, type=click.IntRange(1), help="How many, the newest ones.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line: day, ts, rules, origin, row.")
def quarantine(table: str, day: datetime | None, rows: int, as_json: bool) -> None:
    """Show rows of TABLE that broke its contract: the rules in words, where each came from, and the row itself.

    TABLE is a canonical table such as orders. Rows without a time, which have no day, come last.
    """
    from resources.contracts import CONTRACTS
    from resources.ingestion.quarantine import quarantined
    from resources.lake import Lake
    from resources.settings import Settings
    from resources.tables import quarantine_of

    if table not in CONTRACTS:
        raise click.UsageError(f"there is no table {table!r}; there are {', '.join(CONTRACTS)}")
    lake = Lake(Settings.from_env().lake_url)
    only = None if day is None else f"{day:%Y-%m-%d}"
    found = quarantined(lake, table, only, only, rows)
    if as_json:
        for row in found.iter_rows(named=True):
            told = {**row, "ts": row["ts"].isoformat() if row["ts"] else None, "row": json.loads(row["row"])}
            click.echo(json.dumps(told, ensure_ascii=False))
    else:
        total = lake.count(quarantine_of(table), only, only)
        of = f" of {only}" if only else ""
        click.echo(f"{total:,} rows of {table}{of} are in quarantine" + (f", shown {found.height}" if total else ""))
        _show(found)


def _show(found: "pl.DataFrame") -> None:
    """A row's rules, then the row, and its origin where it differs from the one before."""
    origin = None
    for row in found.iter_rows(named=True):
        if row["origin"] != origin:
            origin = row["origin"]
            click.echo(f"from {origin}")
        click.echo(f"  {row['day']}  {'; '.join(row['rules'])}\n      {row['row']}")
