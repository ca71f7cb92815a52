"""What ``products`` is read from."""

from collections.abc import Sequence

from resources.proposal.entities import PRICE, TITLE, Found
from resources.proposal.fields import TEXT_KINDS, Field, choose
from resources.proposal.looking.catalogue import Column, Reader, Table
from resources.proposal.looking.sql_text import column_sql, literal
from resources.proposal.tables.changed import changed_at, created_at, is_removed
from resources.proposal.tables.guess import Guess, Lacking, Select, TableGuess, of_entity
from resources.proposal.tables.lookup import in_stock_by_words, looked_up, stock_elsewhere
from resources.proposal.tables.money import Prices, price_guess

__all__ = ["guess_products"]

_DESCRIPTION = Field((("product description", 1.0), ("description", 0.9)), TEXT_KINDS, frozenset({"id", "image"}))
_BRAND = Field((("brand title", 1.0), ("brand", 0.9)), TEXT_KINDS, frozenset({"id", "image"}))
_CATEGORY = Field((("category title", 1.0), ("category", 0.9)), TEXT_KINDS | {"list"}, frozenset({"id", "image"}))
_TAGS = Field((("tag", 0.9),), TEXT_KINDS | {"list"}, frozenset({"id", "image"}))
_IMAGE = Field((("image", 0.9),), TEXT_KINDS, frozenset({"id", "title"}))
_IS_STOCKED = Field((("stock", 0.9),), frozenset({"bool"}))
_STOCK = Field(
    (("stock", 0.9), ("stock quantity", 1.0), ("quantity", 0.7)),
    frozenset({"integer", "number"}),
    frozenset({"before", "id"}),
)
_STATUS = Field((("stock", 0.9), ("stock status", 1.0)), TEXT_KINDS)


def guess_products(
    found: Found | None, tables: Sequence[Table], reader: Reader, first_day: str, prices: Prices
) -> TableGuess:
    """Each column of ``products``, from the table that was found."""
    if found is None:
        return TableGuess("products", "no table has a name, or columns, of products with an id and a title")
    table = found.entity.table
    guess = of_entity("products", found, "p", reader.engine)
    (select,) = guess.selects
    for canonical, field in (
        ("title", TITLE),
        ("description", _DESCRIPTION),
        ("brand", _BRAND),
        ("categories", _CATEGORY),
        ("image_url", _IMAGE),
    ):
        if chosen := choose(table, field, without=[found.entity.id.name]):
            many = f"; {', '.join(chosen.rivals)} as likely" if chosen.rivals else ""
            sql = column_sql(chosen.column, "p", reader.engine)
            select.add(Guess(canonical, sql, f"{chosen.column.name}: {chosen.reason}{many}", not chosen.rivals))
        elif canonical == "title":
            select.add(Lacking("title", f"no text of {table.name} has a name that says title"))
        elif canonical in ("brand", "categories"):
            concept = "brand" if canonical == "brand" else "category"
            if elsewhere := looked_up(table, "p", concept, canonical, tables, reader):
                select.add(elsewhere)
    if tags := _tags(table, select, reader):
        select.add(tags)
    if price := choose(table, PRICE):
        select.add(price_guess("price", price, "p", reader, prices))
    select.add(_in_stock(found, tables, reader))
    if removed := is_removed(table, "p", reader.engine):
        select.add(removed)
    if created := created_at(table, "p", reader.engine):
        select.add(created)
    select.add(changed_at(guess, table, "p", reader.engine, first_day))
    return guess


def _tags(table: Table, select: Select, reader: Reader) -> Guess | None:
    """Tags, where the column is not the title already; commas between them become the bars that the contract wants."""
    title = select.of("title")
    chosen = choose(table, _TAGS)
    if chosen is None or (title and title.reason.startswith(f"{chosen.column.name}: ")):
        return None
    sql, reason = column_sql(chosen.column, "p", reader.engine), f"{chosen.column.name}: {chosen.reason}"
    values = chosen.column.values
    is_text = chosen.column.kind == "text" and not any("|" in value or value.startswith("[") for value in values)
    if is_text and any("," in value for value in values):
        return Guess("tags", f"replace({sql}, ',', '|')", f"{reason}; they have commas between them")
    return Guess("tags", sql, reason)


def _in_stock(found: Found, tables: Sequence[Table], reader: Reader) -> Guess:
    table = found.entity.table

    def sql(column: Column) -> str:
        return column_sql(column, "p", reader.engine)

    if chosen := choose(table, _IS_STOCKED):
        return Guess("in_stock", f"coalesce({sql(chosen.column)}, false)", f"{chosen.column.name}: {chosen.reason}")
    if chosen := choose(table, _STATUS, accept=lambda column: in_stock_by_words(column.values) is not None):
        words = in_stock_by_words(chosen.column.values) or ([], [])
        listed = ", ".join(map(literal, words[0]))
        return Guess("in_stock", f"{sql(chosen.column)} IN ({listed})", f"{chosen.column.name}: its values say so")
    if chosen := choose(table, _STOCK):
        return Guess(
            "in_stock", f"coalesce({sql(chosen.column)}, 0) > 0", f"above 0 in {chosen.column.name}: {chosen.reason}"
        )
    if elsewhere := stock_elsewhere(found.entity, "p", tables, reader):
        return elsewhere
    return Guess("in_stock", "true", "nothing says what is in stock: all products are taken to be", is_sure=False)
