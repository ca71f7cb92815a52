"""Returns as rows of ``orders``: a table of refunds that says which order line, how many and when."""

from collections.abc import Sequence

from resources.proposal.entities import PRICE, Orders
from resources.proposal.fields import ID_KINDS, NUMBER_KINDS, Field, choose, choose_key
from resources.proposal.looking.catalogue import Column, Reader, Table
from resources.proposal.looking.sql_text import as_text, column_sql, name_sql
from resources.proposal.moments import HAPPENED, choose_moment
from resources.proposal.references import Entity, Reference, find_reference
from resources.proposal.tables.guess import Guess, Select, TableGuess, with_types_alike
from resources.proposal.tables.money import Prices, money
from resources.proposal.tables.orders import user_guess, user_of

__all__ = ["add_returns"]

_KEY = Field(
    (("return id", 1.0), ("id", 0.85), ("return", 0.7)),
    ID_KINDS,
    frozenset({"order", "line", "product", "user", "time"}),
)
_QUANTITY = Field((("quantity", 0.9), ("return quantity", 1.0)), NUMBER_KINDS, frozenset({"price", "total", "tax"}))
_AMOUNT = Field(
    (("total", 0.9), ("return total", 1.0), ("return", 0.6)),
    NUMBER_KINDS,
    frozenset({"quantity", "tax", "id", "order", "line"}),
)


def add_returns(
    guess: TableGuess,
    found: Orders | None,
    tables: Sequence[Table],
    reader: Reader,
    products: Entity | None,
    users: Entity | None,
    prices: Prices,
) -> None:
    """Add a SELECT of each table of returns that says enough, and a question for each that does not."""
    if found is None or not guess.selects:
        return
    for number, table in enumerate(tables):
        why = _select(guess, found, table, number, reader, products, users, prices)
        if why:
            guess.questions.append(f"{table.name} looks like returns, which are not read: {why}")
    for select in guess.selects if len(guess.selects) > 1 else ():
        with_types_alike(select)


def _select(
    guess: TableGuess, found: Orders, table: Table, number: int, reader: Reader,
    products: Entity | None, users: Entity | None, prices: Prices,
) -> str:  # fmt: skip
    """Add the SELECT; returns why it cannot be, or nothing."""
    moment = choose_moment(table, HAPPENED, reader.engine, "r")
    quantity = choose(table, _QUANTITY)
    key = choose_key(table, _KEY)
    if moment is None or moment[1].time_format or "time_format" in guess.keys:
        return "no column says when, in a form that is as that of the orders"
    if quantity is None or key is None:
        return "no column says how many" if key else "no column alone tells its rows apart"
    amount, price = choose(table, _AMOUNT, without=[quantity.column.name]), choose(table, PRICE)
    if not amount and not price:
        return "no column says what was paid back"
    source, product = f"{table.source} AS r", find_reference(reader, table, "product", products)
    joined = _joined(found, table, reader)
    if joined:
        source = f"{source} {joined}"
        product = found.product
    elif not isinstance(product, Reference):
        return f"no column names the product ({product})"
    select = Select(source)
    prefix = f"return-{number}-" if number else "return-"
    sql = column_sql(key.column, "r", reader.engine)
    select.add(
        Guess("order_id", f"'{prefix}' || {as_text(sql)}", f"{key.column.name} of {table.name}: each row is a return")
    )
    select.add(Guess("line", "1", "each row is a return of one line"))
    select.add(Guess("ts", moment[1].sql, moment[1].reason(moment[0])))
    select.add(Guess("kind", "'return'", f"{table.name}: its name says return"))
    many = column_sql(quantity.column, "r", reader.engine)
    select.add(Guess("quantity", many, f"{quantity.column.name}: {quantity.reason}"))
    user = user_guess(found, reader, users) if joined else user_of(((table, "r"),), reader, users)
    select.add(
        user if isinstance(user, Guess) else Guess("user_id", "NULL", "nothing says whose return it was", is_sure=False)
    )
    select.add(
        Guess(
            "product_id",
            product.sql(products, "l" if joined else "r", reader),
            f"{product.column.name}: {product.reason}",
        )
    )
    if price:
        paid, about, is_sure = money(price.column, "r", reader, prices)
        select.add(
            Guess("unit_price", paid, f"{price.column.name}: {price.reason}" + (f"; {about}" if about else ""), is_sure)
        )
    elif amount:
        paid, about, is_sure = money(amount.column, "r", reader, prices)
        told = f"{amount.column.name} by the quantity: {amount.reason}" + (f"; {about}" if about else "")
        select.add(Guess("unit_price", f"{paid} / nullif({many}, 0)", told, is_sure))
    guess.selects.append(select)
    return ""


def _joined(found: Orders, table: Table, reader: Reader) -> str:
    """The join from returns to the order line that each is of, by columns of the same names; else empty."""
    lines = found.lines
    names = {column.name for column in table.columns}
    key = [name for name in lines.key if name in names]
    if len(lines.key) > 1 and len(key) == len(lines.key):
        condition = " AND ".join(f"l.{name_sql(name)} = r.{name_sql(name)}" for name in key)
    elif (column := _by_reference(table, lines)) is not None:
        condition = f"l.{name_sql(lines.key[0])} = r.{name_sql(column.base)}"
    else:
        return ""
    join = f"JOIN {lines.source} AS l ON {condition}"
    if found.header and found.order:
        target, ref = (
            column_sql(c, a, reader.engine) for c, a in ((found.order.target, "o"), (found.order.column, "l"))
        )
        join = f"{join} JOIN {found.header.table.source} AS o ON {target} = {ref}"
    return join


def _by_reference(table: Table, lines: Table) -> Column | None:
    for name, (source, target) in table.references.items():
        if source == lines.source and lines.key == (target,):
            return table.column(name)
    return None
