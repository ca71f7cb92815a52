"""``upshelf reference``: pages that follow from the code, so that they can leave nothing out and never grow old."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from commands.reference.command_line import commands_page
from commands.reference.measures import measures_page
from commands.reference.routes import routes_page
from commands.reference.shop_keys import shop_page
from commands.reference.table_columns import tables_page
from commands.reference.variables import settings_page

__all__ = ["PAGES", "reference"]

PAGES: Mapping[str, Callable[[click.Group], str]] = {
    "shop-toml.md": lambda _: shop_page(),
    "tables.md": lambda _: tables_page(),
    "settings.md": settings_page,
    "commands.md": commands_page,
    "routes.md": lambda _: routes_page(),
    "measures.md": lambda _: measures_page(),
}
"""Page → what makes it, of the command `upshelf`."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def reference(context: click.Context, folder: Path) -> None:
    """Write the reference pages into FOLDER."""
    upshelf = context.find_root().command
    assert isinstance(upshelf, click.Group)  # noqa: S101  # this command is one of its
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(upshelf), encoding="utf-8")
        click.echo(f"{folder / name} written")
