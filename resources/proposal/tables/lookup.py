"""Values that stand in another table: the name of a category or brand, the stock of a product."""

from collections.abc import Sequence

from resources.proposal.fields import NUMBER_KINDS, TEXT_KINDS, Field, choose
from resources.proposal.looking.catalogue import Reader, Table
from resources.proposal.looking.sql_text import column_sql, same_value
from resources.proposal.names import concepts, of_value
from resources.proposal.references import Entity, Reference, find_reference
from resources.proposal.tables.guess import Guess

__all__ = ["in_stock_by_words", "looked_up", "stock_elsewhere"]

_NAME = Field((("title", 0.9),), TEXT_KINDS)
_IN = frozenset({"instock", "available", "verfuegbar", "lieferbar", "disponible", "vorraetig", "onbackorder"})
_OUT = frozenset({"outofstock", "soldout", "unavailable", "ausverkauft", "agotado", "epuise", "uitverkocht"})


def looked_up(
    table: Table, alias: str, concept: str, canonical: str, tables: Sequence[Table], reader: Reader
) -> Guess | None:
    """The name of a category or brand that a foreign key, or a column of its name, leads to."""
    for other in tables:
        if other is table or concept not in concepts(other.name) or concepts(other.name) & {"product", "user", "order"}:
            continue
        if len(other.key) != 1 or (name := choose(other, _NAME)) is None:
            continue
        entity = Entity(concept, other, other.column(other.key[0]))
        reference = find_reference(reader, table, concept, entity)
        if isinstance(reference, Reference) and not reference.column.path:
            inner, key = (column_sql(one, "x", reader.engine) for one in (name.column, entity.id))
            value = column_sql(reference.column, alias, reader.engine)
            sql = f"(SELECT {inner} FROM {other.source} AS x WHERE {key} = {value})"
            return Guess(canonical, sql, f"the name in {other.name}: {reference.reason}")
    return None


def stock_elsewhere(products: Entity, alias: str, tables: Sequence[Table], reader: Reader) -> Guess | None:
    """Whether a table of stock has some of a product."""
    quantity = Field(
        (("stock quantity", 1.0), ("quantity", 0.9), ("stock", 0.8)), NUMBER_KINDS, frozenset({"before", "id"})
    )
    flag = Field((("stock", 0.9), ("active stock", 0.9)), frozenset({"bool"}))
    for table in tables:
        if table is products.table or "stock" not in concepts(table.name) or concepts(table.name) & {"order", "cart"}:
            continue
        reference = find_reference(reader, table, "product", products)
        if not isinstance(reference, Reference) or reference.target.name != products.id.name:
            continue
        key, own = column_sql(reference.column, "x", reader.engine), column_sql(products.id, alias, reader.engine)
        of = f"FROM {table.source} AS x WHERE {same_value(reference.column, key, products.id, own)}"
        if chosen := choose(table, flag):
            value = column_sql(chosen.column, "x", reader.engine)
            return Guess(
                "in_stock", f"coalesce((SELECT bool_or({value}) {of}), false)", f"{table.name}.{chosen.column.name}"
            )
        if chosen := choose(table, quantity):
            value = column_sql(chosen.column, "x", reader.engine)
            sql = f"coalesce((SELECT sum({value}) {of}), 0) > 0"
            return Guess("in_stock", sql, f"above 0 in {table.name}.{chosen.column.name}: {chosen.reason}")
    return None


def in_stock_by_words(values: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Words of a status that mean in stock, and those that mean out of it; none where one means neither."""
    known = {value: of_value(value) for value in values}
    inside = [value for value, words in known.items() if words & _IN]
    outside = [value for value, words in known.items() if words & _OUT]
    return (inside, outside) if inside and len(inside) + len(outside) == len(values) else None
