"""The query that a shop declares for a table, as every source in SQL takes it, and what such a query may lack."""

from collections.abc import Sequence

from resources.shop import Shop
from resources.sources.source_error import SourceError

__all__ = ["declared_query", "no_time_column"]


def declared_query(shop: Shop, table: str) -> str:
    """The query of ``table`` without the semicolon at its end, such that it can stand in parentheses.

    Raises:
        SourceError: If the shop has no such table.
    """
    declared = shop.tables.get(table)
    if declared is None:
        raise SourceError(
            f"shop '{shop.name}'",
            f"it declares no table '{table}', only {sorted(shop.tables)}",
            f"Add [tables.{table}] to its shop.toml.",
        )
    # The line break ends a comment in the query's last line, so that it cannot swallow the parenthesis after it.
    return declared.query.strip().removesuffix(";") + "\n"


def no_time_column(where: str, time: str, yielded: Sequence[str]) -> SourceError:
    """The error of a query, described by ``where``, that does not yield its time column."""
    return SourceError(
        where,
        f"it yields no column '{time}', only {list(yielded)}",
        f"Name its time column '{time}' in the query.",
        yielded=list(yielded),
    )
