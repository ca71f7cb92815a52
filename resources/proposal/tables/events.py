"""What ``events`` is read from: logs of one kind each, and logs that tell several kinds apart by a column."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from resources.proposal.fields import Field, choose, choose_key
from resources.proposal.looking.catalogue import Column, Reader, Table
from resources.proposal.looking.sql_text import as_text, column_sql, literal
from resources.proposal.moments import HAPPENED, Moment, choose_moment
from resources.proposal.names import concepts
from resources.proposal.references import Entity, Reference, find_reference
from resources.proposal.tables.event_kinds import event_kind
from resources.proposal.tables.guess import Guess, Select, TableGuess, with_types_alike

__all__ = ["guess_events"]

_KIND = Field((("kind", 0.9), ("log kind", 1.0)), frozenset({"text"}), frozenset({"id"}))
_QUERY = Field(
    (("query", 0.9), ("query title", 0.9), ("query description", 0.9)), frozenset({"text"}), frozenset({"id", "count"})
)
_SESSION = Field((("session id", 1.0), ("session", 0.9)), frozenset({"text", "uuid", "integer"}), frozenset({"time"}))
_EVENT = Field(
    (("id", 0.8), ("log id", 1.0), ("log", 0.7)),
    frozenset({"integer", "text", "uuid"}),
    frozenset({"product", "user", "session"}),
)
_AGENT = Field((("user agent", 1.0), ("agent", 0.9)), frozenset({"text"}), frozenset({"id"}))
_NO_LOG = frozenset({"order", "return", "send", "campaign", "side", "brand", "category"})
_MOST_KINDS, _FULL = 60, 0.99
_PRODUCT_KINDS = ("view", "click", "add_to_cart", "remove_from_cart")


@dataclass(frozen=True, slots=True)
class _Log:
    """A table of events, with the columns that say when, who and what."""

    table: Table
    moment: tuple[str, Moment]
    """Why its time is the time, and how it becomes an instant."""
    session: Column | None
    user: Reference | None
    product: Reference | None
    query: Column | None


def guess_events(tables: Sequence[Table], reader: Reader, products: Entity | None, users: Entity | None) -> TableGuess:
    """Each log that says when, who and what, in one UNION ALL."""
    guess = TableGuess("events", "no table looks like a log of views, searches or carts")
    names: list[str] = []
    for table in tables:
        said = concepts(table.name)
        if said & _NO_LOG or not table.sample.height:
            continue
        kind_column = choose(table, _KIND, accept=lambda column: column.distinct <= _MOST_KINDS)
        has_kinds = kind_column is not None and any(event_kind(value) for value in kind_column.column.values)
        if not (has_kinds or said & {"view", "log", "query", "cart"}):
            continue
        log = _log(table, reader, products, users)
        if isinstance(log, str):
            guess.questions.append(f"{table.name} looks like a log, but is not read: {log}")
        elif has_kinds and kind_column is not None:
            names.append(table.name)
            guess.selects.append(_of_kinds(guess, log, kind_column.column, kind_column.reason, reader, products, users))
        elif (select := _of_one_kind(guess, log, said, reader, products, users)) is not None:
            names.append(table.name)
            guess.selects.append(select)
    if guess.selects:
        guess.reason = f"{', '.join(names)}: a log of what shoppers did"
        _told_apart(guess)
    return guess


def _log(table: Table, reader: Reader, products: Entity | None, users: Entity | None) -> _Log | str:
    """The table's columns, or what it lacks."""
    time = choose_moment(table, HAPPENED, reader.engine, "e")
    if time is None:
        return "no column says when"
    if time[1].time_format:
        return f"{time[0].column.name} is written as {time[1].time_format}"
    session = choose(table, _SESSION)
    user = find_reference(reader, table, "user", users)
    if session is None and not isinstance(user, Reference):
        return f"it names neither a session nor a user ({user})"
    product = find_reference(reader, table, "product", products)
    query = choose(table, _QUERY)
    return _Log(
        table,
        (time[1].reason(time[0]), time[1]),
        session.column if session else None,
        user if isinstance(user, Reference) else None,
        product if isinstance(product, Reference) else None,
        query.column if query else None,
    )


def _columns(log: _Log, reader: Reader, products: Entity | None, users: Entity | None, kind: Guess) -> Select:
    """The SELECT of a log whose kind is known."""
    table, engine = log.table, reader.engine
    select = Select(f"{table.source} AS e")
    if key := choose_key(table, _EVENT):
        select.add(Guess("event_id", column_sql(key.column, "e", engine), f"{key.column.name}: {key.reason}"))
    else:
        parts = [log.moment[1].sql]
        parts += [
            column_sql(one, "e", engine)
            for one in (log.session, log.user and log.user.column, log.product and log.product.column, log.query)
            if one
        ]
        sql = "md5(concat_ws('|', " + ", ".join(as_text(part) for part in parts) + f", {kind.sql}))"
        select.add(Guess("event_id", sql, "no column is a key: the same event at the same time is one"))
    select.add(Guess("ts", log.moment[1].sql, log.moment[0]))
    select.add(kind)
    if log.user:
        sure = not log.user.rivals
        select.add(
            Guess("user_id", log.user.sql(users, "e", reader), f"{log.user.column.name}: {log.user.reason}", sure)
        )
    else:
        select.add(Guess("user_id", "NULL", "no column names a user: its session does"))
    if log.session:
        select.add(
            Guess("session_id", column_sql(log.session, "e", engine), f"{log.session.name}: its name says session")
        )
    else:
        select.add(Guess("session_id", "NULL", "no column names a session: its user does"))
    if log.product:
        select.add(
            Guess(
                "product_id", log.product.sql(products, "e", reader), f"{log.product.column.name}: {log.product.reason}"
            )
        )
    else:
        select.add(Guess("product_id", "NULL", "no column names a product"))
    if log.query:
        select.add(Guess("query", column_sql(log.query, "e", engine), f"{log.query.name}: its name says search words"))
    else:
        select.add(Guess("query", "NULL", "no column holds what was searched for"))
    agent = choose(table, _AGENT)
    select.add(
        Guess("agent", column_sql(agent.column, "e", engine), f"{agent.column.name}: {agent.reason}")
        if agent
        else Guess("agent", "NULL", "no column says what the browser calls itself")
    )
    return select


def _of_one_kind(
    guess: TableGuess, log: _Log, said: frozenset[str], reader: Reader, products: Entity | None, users: Entity | None
) -> Select | None:
    """A log whose name says its kind."""
    name, table = log.table.name, log.table
    kind = event_kind(name)
    kind = kind or ("search" if "query" in said else "view" if "view" in said else None)
    if kind is None or (kind == "add_to_cart" and "cart" in said and table.key and not log.product):
        guess.questions.append(f"{name} looks like a log, but neither a column nor its name says of what kind")
        return None
    subject = log.query if kind == "search" else log.product.column if log.product else None
    if subject is None and kind != "visit":
        what = "search words" if kind == "search" else "a product"
        guess.questions.append(f"{name} looks like {kind}, but no column names {what}")
        return None
    select = _columns(
        log, reader, products, users, Guess("kind", literal(kind), f"{name}: its name says so", kind != "add_to_cart")
    )
    if subject is not None and subject.filled < table.sample.height:
        select.where.append(
            (f"{column_sql(subject, 'e', reader.engine)} IS NOT NULL", f"rows without {subject.name} say nothing")
        )
    return select


def _of_kinds(
    guess: TableGuess,
    log: _Log,
    column: Column,
    reason: str,
    reader: Reader,
    products: Entity | None,
    users: Entity | None,
) -> Select:
    """A log split by a column; values that are none of our kinds are left out, and are told."""
    engine, table = reader.engine, log.table
    sql = column_sql(column, "e", engine)
    cases, kept, left, meanings = list[str](), list[str](), list[str](), list[str]()
    for value in column.values:
        kind = event_kind(value)
        rows = table.sample.filter(pl.col(column.name) == value)
        product = _share(rows, log.product.column if log.product else None)
        query = _share(rows, log.query)
        if kind == "view" and product < _FULL:
            # A page without a product is a visit.
            if product > 0 and log.product:
                of = column_sql(log.product.column, "e", engine)
                cases.append(f"WHEN {sql} = {literal(value)} AND {of} IS NOT NULL THEN 'view'")
            kind = "visit"
            meanings += [f"{value} with a product is view"] if product > 0 else []
        elif (kind in _PRODUCT_KINDS and product < _FULL) or (kind == "search" and query < _FULL):
            subject = log.query if kind == "search" else log.product.column if log.product else None
            if subject is None or not (query if kind == "search" else product):
                left.append(f"{value} (it names no {'search words' if kind == 'search' else 'product'})")
                continue
            cases.append(f"WHEN {sql} = {literal(value)} AND {column_sql(subject, 'e', engine)} IS NULL THEN 'visit'")
        if kind is None:
            left.append(value)
            continue
        meanings.append(f"{value} is {kind}")
        cases.append(f"WHEN {sql} = {literal(value)} THEN {literal(kind)}")
        kept.append(value)
    what = Guess("kind", f"CASE {' '.join(cases)} END", f"{column.name}: {reason}; {', '.join(meanings)}")
    select = _columns(log, reader, products, users, what)
    select.where.append((f"{sql} IN ({', '.join(map(literal, kept))})", f"the values of {column.name} that are known"))
    if left:
        guess.questions.append(f"{table.name}: these values of {column.name} are left out: {', '.join(left)}")
    return select


def _share(rows: pl.DataFrame, column: Column | None) -> float:
    if column is None or not rows.height:
        return 0.0
    return float((rows[column.name].is_not_null() & (rows[column.name] != "")).sum()) / rows.height


def _told_apart(guess: TableGuess) -> None:
    """Ids of several logs, which may be the same, are told apart by a word before them."""
    if len(guess.selects) < 2:
        return
    for number, select in enumerate(guess.selects):
        for place, one in enumerate(select.columns):
            if one.column == "event_id":
                sql = f"'{number + 1}-' || {as_text(one.sql)}"
                select.columns[place] = Guess("event_id", sql, f"{one.reason}; told apart from those of other tables")
        with_types_alike(select)
