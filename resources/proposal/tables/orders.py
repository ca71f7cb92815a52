"""What ``orders`` is read from: lines that name a product, and the orders that they are of."""

from collections.abc import Sequence

from resources.proposal.entities import PRICE, QUANTITY, TOTAL, Orders
from resources.proposal.fields import Field, choose
from resources.proposal.looking.catalogue import Column, Reader, Table
from resources.proposal.looking.sql_text import as_number, as_text, column_sql, literal, same_value
from resources.proposal.moments import PLACED, choose_moment
from resources.proposal.names import of_value
from resources.proposal.references import Entity, Reference, find_reference
from resources.proposal.tables.changed import is_removed
from resources.proposal.tables.guess import Guess, Lacking, Select, TableGuess
from resources.proposal.tables.money import Prices, money, price_guess
from resources.proposal.words import CONCEPTS

__all__ = ["guess_orders", "moment_guess", "user_guess", "user_of"]

_LINE = Field(
    (("line id", 1.0), ("line", 0.95)), frozenset({"integer"}), frozenset({"order", "product", "status", "kind"})
)
_IS_CANCELLED = Field((("cancelled", 0.9),), frozenset({"bool"}))
_CANCELLED_AT = Field((("cancelled time", 1.0),), frozenset({"time", "date"}))
_STATUS = Field(
    (("status", 0.9), ("order status", 1.0)), frozenset({"text", "integer"}), frozenset({"late", "paid", "id"})
)
_NO_SALE = CONCEPTS["cancelled"] | {
    "annulee", "failed", "draft", "abandoned", "cart", "trash", "rejected", "declined", "abgelehnt", "abgebrochen",
    "fehlgeschlagen", "fraud",
}  # fmt: skip
_MOST_STATUS = 30


def guess_orders(
    found: Orders | None, reader: Reader, products: Entity | None, users: Entity | None, prices: Prices
) -> TableGuess:
    """Each column of ``orders``."""
    if found is None:
        return TableGuess("orders", "no table names products and has a quantity or a price besides a word for orders")
    lines, header, order = found.lines, found.header, found.order
    source = f"{lines.source} AS l"
    if header and order:
        key, ref = (column_sql(c, a, reader.engine) for c, a in ((order.target, "o"), (order.column, "l")))
        matched = same_value(order.target, key, order.column, ref)
        source = f"{source} JOIN {header.table.source} AS o ON {matched}"
    select = Select(source)
    about = f"{lines.name}: it names products, and has a quantity or a price"
    guess = TableGuess(
        "orders", about + (f"; {header.table.name} by {order.reason}" if header and order else ""), [select]
    )
    guess.questions += [f"{rival} is as likely a table of order lines" for rival in found.rivals]
    _ids(select, found, reader)
    select.add(moment_guess(guess, header.table if header else lines, "o" if header else "l", reader, lines))
    quantity = _quantity(select, lines, reader)
    user = user_guess(found, reader, users)
    if isinstance(user, Guess):
        select.add(user)
    else:
        guess.questions.append(f"no column of the orders names a user, so that all are of guests: {user}")
    select.add(
        Guess(
            "product_id",
            found.product.sql(products, "l", reader),
            f"{found.product.column.name}: {found.product.reason}",
        )
    )
    select.add(_price(lines, quantity, reader, prices))
    for table, alias in ((lines, "l"), *(((header.table, "o"),) if header else ())):
        _leave_out(guess, select, table, alias, reader)
    return guess


def _ids(select: Select, found: Orders, reader: Reader) -> None:
    """The order, and the number of its line."""
    lines, header, order = found.lines, found.header, found.order
    if header and order:
        sql = column_sql(header.id, "o", reader.engine)
        select.add(Guess("order_id", sql, f"{header.id.name} of {header.table.name}: {order.reason}"))
    elif order:
        sql = column_sql(order.column, "l", reader.engine)
        select.add(Guess("order_id", sql, f"{order.column.name}: {order.reason}", not order.rivals))
    elif (own := _own_id(lines)) is not None:
        sql = column_sql(own, "l", reader.engine)
        select.add(
            Guess("order_id", sql, f"{own.name}: no table of orders, so that each row is an order", is_sure=False)
        )
        select.add(Guess("line", "1", "each row is an order of one line"))
        return
    else:
        select.add(Lacking("order_id", "no column of the lines names their order"))
        return
    of = column_sql(order.column, "l", reader.engine)
    if (line := choose(lines, _LINE, accept=lambda column: _counts(lines, order.column, column))) is not None:
        sql = column_sql(line.column, "l", reader.engine)
        from_zero = line.column.low == 0
        note = "; they begin with 0" if from_zero else ""
        select.add(Guess("line", f"{sql} + 1" if from_zero else sql, f"{line.column.name}: {line.reason}{note}"))
        return
    keys = [column for column in lines.columns if column.name in lines.key and column.name != order.column.name]
    ordered = keys[0] if keys else found.product.column
    sql = f"row_number() OVER (PARTITION BY {of} ORDER BY {column_sql(ordered, 'l', reader.engine)})"
    select.add(Guess("line", sql, f"no column numbers the lines of an order: they are counted by {ordered.name}"))


def _own_id(lines: Table) -> Column | None:
    """What tells rows apart, where each is an order."""
    if len(lines.key) == 1:
        return lines.column(lines.key[0])
    chosen = choose(
        lines, Field((("id", 0.9), ("order id", 1.0)), frozenset({"integer", "text", "uuid"})), accept=lines.is_unique
    )
    return chosen.column if chosen else None


def _counts(lines: Table, order: Column, line: Column) -> bool:
    """Whether ``line`` tells the lines of an order apart, from 0 or 1 on."""
    if line.low is None or line.low < 0 or line.low > 1 or line.name == order.name or (line.name,) == lines.key:
        return False
    pairs = lines.sample.select(order.name, line.name)
    return bool(pairs.n_unique() == pairs.height)


def moment_guess(
    guess: TableGuess, table: Table, alias: str, reader: Reader, lines: Table | None = None
) -> Guess | Lacking:
    """When an order was placed: a time of the orders, or of their lines."""
    for one, name in ((table, alias), *(((lines, "l"),) if lines is not None and lines is not table else ())):
        if found := choose_moment(one, PLACED, reader.engine, name):
            choice, moment = found
            if moment.time_format:
                guess.keys["time_format"] = moment.time_format
            many = f"; {', '.join(choice.rivals)} as likely" if choice.rivals else ""
            return Guess("ts", moment.sql, f"{moment.reason(choice)}{many}", not choice.rivals)
    return Lacking("ts", f"no time of {table.name} has a name that says when an order was placed")


def user_guess(found: Orders, reader: Reader, users: Entity | None) -> Guess | str:
    """Who ordered, by the order or by its line; or why nobody is named."""
    places = [(found.lines, "l")]
    if found.header:
        places.insert(0, (found.header.table, "o"))
    return user_of(places, reader, users)


def user_of(places: Sequence[tuple[Table, str]], reader: Reader, users: Entity | None) -> Guess | str:
    """The first column of the tables, each with its alias, that names a user; or why none does."""
    why: list[str] = []
    for table, alias in places:
        reference = find_reference(reader, table, "user", users)
        if isinstance(reference, Reference):
            note = f"; {', '.join(reference.rivals)} as likely" if reference.rivals else ""
            reason = f"{reference.column.name}: {reference.reason}{note}"
            return Guess("user_id", reference.sql(users, alias, reader), reason, not reference.rivals)
        why.append(str(reference))
    return "; ".join(dict.fromkeys(why))


def _quantity(select: Select, lines: Table, reader: Reader) -> str:
    """How many, and whether a negative one is a return; returns the SQL of the quantity."""
    chosen = choose(lines, QUANTITY)
    if chosen is None:
        select.add(Guess("kind", "'sale'", "an order is a sale"))
        select.add(Guess("quantity", "1", "no column says how many: each line is taken for one piece", is_sure=False))
        return "1"
    sql = as_number(chosen.column, column_sql(chosen.column, "l", reader.engine))
    reason = f"{chosen.column.name}: {chosen.reason}"
    if chosen.column.low is not None and chosen.column.low < 0:
        kind = f"CASE WHEN {sql} < 0 THEN 'return' ELSE 'sale' END"
        select.add(
            Guess(
                "kind",
                kind,
                f"{chosen.column.name} is negative in some rows, which are taken for returns",
                is_sure=False,
            )
        )
        select.add(Guess("quantity", f"abs({sql})", f"{reason}; without its sign"))
        select.where.append((f"{sql} <> 0", f"{chosen.column.name} is 0: nothing was bought"))
        return f"abs({sql})"
    select.add(Guess("kind", "'sale'", "an order is a sale"))
    select.add(Guess("quantity", sql, reason, not chosen.rivals))
    if chosen.column.low == 0:
        select.where.append((f"{sql} > 0", f"{chosen.column.name} is 0 in some rows: nothing was bought"))
    return sql


def _price(lines: Table, quantity: str, reader: Reader, prices: Prices) -> Guess | Lacking:
    if chosen := choose(lines, PRICE):
        return price_guess("unit_price", chosen, "l", reader, prices)
    if total := choose(lines, TOTAL):
        sql, note, is_sure = money(total.column, "l", reader, prices)
        reason = f"{total.column.name} by the quantity: {total.reason}, and no column says price of one"
        return Guess(
            "unit_price",
            f"{sql} / nullif({quantity}, 0)",
            reason + (f"; {note}" if note else ""),
            is_sure and not total.rivals,
        )
    return Lacking("unit_price", f"no number of {lines.name} has a name that says price")


def _leave_out(guess: TableGuess, select: Select, table: Table, alias: str, reader: Reader) -> None:
    """Rows that are marked as cancelled, and orders of a status that is no sale."""
    if chosen := choose(table, _IS_CANCELLED):
        sql = column_sql(chosen.column, alias, reader.engine)
        select.where.append((f"NOT coalesce({sql}, false)", f"{chosen.column.name}: {chosen.reason}"))
    if removed := is_removed(table, alias, reader.engine):
        select.where.append((f"NOT ({removed.sql})", removed.reason))
    if chosen := choose(table, _CANCELLED_AT, also_empty=True):
        sql = column_sql(chosen.column, alias, reader.engine)
        select.where.append((f"{sql} IS NULL", f"{chosen.column.name}: {chosen.reason}"))
    if not (status := choose(table, _STATUS, accept=lambda column: column.distinct <= _MOST_STATUS)):
        return
    values = status.column.values
    left = [value for value in values if of_value(value) & _NO_SALE]
    kept = [value for value in values if value not in left]
    if left:
        sql = column_sql(status.column, alias, reader.engine)
        listed = ", ".join(map(literal, left))
        condition = f"coalesce({as_text(sql)}, '') NOT IN ({listed})"
        select.where.append((condition, f"{status.column.name}: values that say that nothing was sold"))
    if kept:
        words = ", ".join(kept[:_MOST_STATUS])
        guess.questions.append(f"orders whose {status.column.name} is one of these count as sales: {words}")
