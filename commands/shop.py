"""The shop that the environment names, for commands that need one."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from resources.shop import Shop

__all__ = ["the_shop"]


def the_shop() -> "Shop":
    """The shop of UPSHELF_SHOP; one that cannot be used ends the command with 1 and all its faults."""
    from resources.settings import Settings
    from resources.shop import Shop, ShopError

    try:
        return Shop.load(Settings.from_env().shop)
    except ShopError as error:
        raise click.ClickException(str(error)) from error
