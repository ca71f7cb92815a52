"""A shop of a few queries on one source, as tests of sources open it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from resources.settings import Settings
from resources.shop import Shop
from resources.sources import open_source

__all__ = ["open_tiny"]

Opened = TypeVar("Opened")


def open_tiny(
    kind: type[Opened],
    folder: Path,
    source: str,
    queries: Mapping[str, str],
    *,
    first_day: str = "2026-01-01",
    options: str = "",
    extra: str = "",
) -> Opened:
    """The source, of class ``kind``, of a shop whose ``shop.toml`` and home are in ``folder``.

    Args:
        kind: What it is to be.
        folder: Of the shop's file.
        source: The part ``[source]``.
        queries: Table → query.
        first_day: The shop's.
        options: What each table declares beside its query.
        extra: More of the file, before the tables.
    """
    tables = "".join(f"[tables.{name}]\n{options}query = '''{query}'''\n" for name, query in queries.items())
    file = folder / "shop.toml"
    file.write_text(f'name = "tiny"\nfirst_day = {first_day}\n[source]\n{source}{extra}{tables}')
    opened = open_source(Shop.load(file), Settings.from_env({"UPSHELF_HOME": str(folder / "home")}))
    assert isinstance(opened, kind)
    return opened
