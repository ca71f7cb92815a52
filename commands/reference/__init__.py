"""``upshelf reference``: pages that follow from the code, so that they can leave nothing out and never grow old."""

from pathlib import Path

import click

from commands.reference.command_line import commands_page
from commands.reference.measures import measures_page
from commands.reference.routes import routes_page
from commands.reference.shop_keys import shop_page
from commands.reference.table_columns import tables_page
from commands.reference.variables import settings_page

__all__ = ["PAGES", "reference"]

PAGES = {
    "shop-toml.md": shop_page,
    "tables.md": tables_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
    "routes.md": routes_page,
    "measures.md": measures_page,
}
"""Page → what makes it."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def reference(folder: Path) -> None:
    """Write the reference pages into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")
        click.echo(f"{folder / name} written")
