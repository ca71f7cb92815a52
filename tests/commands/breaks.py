"""Ways to break a shop of files."""

from collections.abc import Callable

from tests.commands.shop_files import ShopFiles

__all__ = ["Break", "empty", "few_users", "head", "other_ids", "put", "query", "rename", "returned"]

Break = Callable[[ShopFiles], object]


def put(table: str, column: str, value: str, rows: int = 60) -> Break:
    """Give rows a value."""
    return lambda shop: shop.put(table, column, value, rows)


def rename(table: str, column: str, to: str) -> Break:
    """Give a column another name."""
    return lambda shop: shop.rename(table, column, to)


def query(table: str, text: str) -> Break:
    """Give a table another query."""
    return lambda shop: shop.queries.update({table: text})


def head(before: str, after: str) -> Break:
    """Change the file's head."""

    def change(shop: ShopFiles) -> None:
        assert before in shop.head
        shop.head = shop.head.replace(before, after)

    return change


def empty(table: str) -> Break:
    """Leave the header alone."""
    return lambda shop: shop.tables.update({table: shop.tables[table][:1]})


def few_users(shop: ShopFiles) -> None:
    """An experiment on eight users."""
    del shop.tables["ad_exposures"][9:]


def returned(row: tuple[str, ...], kind: str = "return", ts: str = "") -> tuple[str, ...]:
    """A line of an order that undoes another one: at ``ts``, or within the hour."""
    order, line, at, _, *rest = row
    return (f"r{order}", line, ts or at.replace(":00:00", ":30:00"), kind, *rest)


def other_ids(table: str, form: str, column: str = "user_id") -> Break:
    """Write the ids of a table in another form."""

    def change(shop: ShopFiles) -> None:
        at = shop.column(table, column)
        rows = shop.tables[table]
        rows[1:] = [(*row[:at], form.format(row[at]), *row[at + 1 :]) for row in rows[1:]]

    return change
