"""``upshelf init``: a ``shop.toml`` proposed from files or a database, and checked."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.check import check

if TYPE_CHECKING:
    from resources.proposal.looking.files import FileTables
    from resources.proposal.looking.postgres import PostgresTables

__all__ = ["init"]

_VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


@click.command()
@click.argument("files", nargs=-1)
@click.option("--url-env", metavar="NAME", help="Variable that holds the URI of a PostgreSQL database: its name alone.")
@click.option("--schema", "schemas", multiple=True, metavar="NAME", help="Look at this schema only; may be repeated.")
@click.option("-o", "--output", default="shop.toml", show_default=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", default="my-shop", show_default=True, help="What the shop is called.")
@click.option("--currency", metavar="CODE", help="Of all prices, such as EUR.")
@click.option("--prices", type=click.Choice(["units", "cents"]), help="What prices that are whole numbers are in.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(
    files: tuple[str, ...],
    url_env: str | None,
    schemas: tuple[str, ...],
    output: Path,
    name: str,
    currency: str | None,
    prices: str | None,
    force: bool,
) -> None:
    """Propose a shop.toml from what a database or a folder of files holds, write it, and check it.

    FILES is a folder, or patterns of CSV, JSON lines and Parquet files. Tables and columns are judged by their names,
    types, keys and up to 5,000 rows each; nothing is changed. Each guess stands in the file with its reason; what is
    not certain, or not found, is marked there and told here. Exit code 1 if `upshelf check` finds a fault.
    """
    from resources.proposal.proposal import propose
    from resources.proposal.shop_file import in_lines, shop_file
    from resources.sources import SourceError

    is_person = sys.stdin.isatty()
    if output.exists() and not force:
        raise click.ClickException(f"{output} is there already: name another by -o, or say --force")
    if not files and url_env is None and is_person:
        files, url_env = _asked()
    _refuse(files, url_env, name, currency)
    if is_person:
        currency = currency or click.prompt(
            "Currency of all prices (empty: as a column says)", default="", show_default=False
        )
        if prices is None:
            prices = click.prompt(
                "Prices that are whole numbers are in",
                type=click.Choice(["units", "cents", "unknown"]),
                default="unknown",
            )
    try:
        reader, source = _opened(files, url_env, schemas)
        try:
            proposal = propose(reader, currency=(currency or "").upper() or None, prices=prices or "unknown")  # type: ignore[arg-type]
        finally:
            reader.close()
    except SourceError as error:
        raise click.ClickException(str(error)) from error
    for line in in_lines(proposal):
        click.echo(line)
    if not proposal.found:
        raise click.ClickException("no table looks like one of a shop: nothing is written")
    output.write_text(shop_file(proposal, name, source, str(output)), encoding="utf-8")
    click.echo(f"wrote {output}: look at what is marked LOOK or NOT FOUND\n\nupshelf check {output}")
    click.get_current_context().invoke(check, shop=output, as_json=False)


def _asked() -> tuple[tuple[str, ...], str | None]:
    """Files, or the name of a variable, as a person says."""
    kind = click.prompt("Where are the logs?", type=click.Choice(["files", "postgres"]), default="postgres")
    if kind == "files":
        return (click.prompt("Folder, or pattern such as logs/*.csv"),), None
    return (), click.prompt("Variable that holds the URI of the database", default="SHOP_DATABASE_URL")


def _refuse(files: tuple[str, ...], url_env: str | None, name: str, currency: str | None) -> None:
    """End a call that cannot be understood."""
    if bool(files) == (url_env is not None):
        raise click.UsageError("name files, or a database by --url-env: one of the two")
    if url_env is not None and not _VARIABLE.match(url_env):
        raise click.UsageError(
            "--url-env is the name of an environment variable, such as SHOP_DATABASE_URL; the URI itself is a secret "
            "that stands in no file"
        )
    if not re.match(r"^[a-z][a-z0-9_-]{0,62}$", name):
        raise click.UsageError("--name is up to 63 small letters, digits, _ and -, a letter first")
    if currency and not re.match(r"^[A-Za-z]{3}$", currency):
        raise click.UsageError("--currency is three letters, such as EUR")


def _opened(
    files: tuple[str, ...], url_env: str | None, schemas: tuple[str, ...]
) -> tuple["PostgresTables | FileTables", str]:
    """What looks at the tables, and the section ``[source]``."""
    if url_env is not None:
        from resources.proposal.looking.postgres import PostgresTables

        return PostgresTables(url_env, schemas), f'[source]\nkind = "postgres"\nurl_env = "{url_env}"\n'
    import json

    from resources.proposal.looking.files import FileTables

    reader = FileTables(files)
    return reader, f'[source]\nkind = "files"\nfolder = {json.dumps(str(reader.folder), ensure_ascii=False)}\n'
