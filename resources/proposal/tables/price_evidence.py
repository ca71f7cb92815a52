"""Whether the price of an order line is that of one piece: what the product itself costs tells.

A column called ``price`` may hold the price of the whole line, or one in cents, and no name says so.
"""

from statistics import median

from resources.proposal.looking.catalogue import Reader
from resources.proposal.looking.sql_text import column_sql, same_value
from resources.proposal.references import Entity, Reference
from resources.proposal.tables.guess import Guess, Select

__all__ = ["with_evidence"]

_ROWS, _LEAST = 500, 5


def with_evidence(
    price: Guess, quantity: str, lines: str, product: Reference, products: Entity, catalogue: Select, reader: Reader
) -> Guess:
    """``price`` of an order line, corrected or doubted by the prices of the products that it names.

    Args:
        price: As its name and type have it.
        quantity: SQL of the line's quantity.
        lines: What the lines are read from, called ``l``.
        product: The column of the lines that names a product.
        products: The table of products.
        catalogue: How products are read, called ``p``.
        reader: Asked for the prices of some lines.
    """
    listed = catalogue.of("price")
    if listed is None:
        return price
    target, own = (column_sql(c, a, reader.engine) for c, a in ((product.target, "p"), (product.column, "l")))
    joined = f"{lines} JOIN {products.table.source} AS p ON {same_value(product.target, target, product.column, own)}"
    items = ", ".join(f"CAST({sql} AS double precision)" for sql in (price.sql, listed.sql, quantity))
    rows = reader.ask(f"SELECT {items} FROM {joined} WHERE {listed.sql} > 0 AND {quantity} > 0 LIMIT {_ROWS}")
    compared = [(float(str(a)), float(str(b)), float(str(n))) for a, b, n in rows if None not in (a, b, n)]
    if len(compared) < _LEAST:
        return price
    factor = median(paid / asked for paid, asked, _ in compared)
    several = [(paid / asked, many) for paid, asked, many in compared if many >= 2]
    if len(several) >= _LEAST:
        of_one, of_line = median(r for r, _ in several), median(r / many for r, many in several)
        if of_one > 1.5 and 0.6 < of_line < 1.4:
            reason = (
                f"{price.reason}; it is about the quantity times the product's price, so it is taken for the line's"
            )
            return Guess("unit_price", f"{price.sql} / nullif({quantity}, 0)", reason, is_sure=False)
    if 0.4 < factor < 2.5:
        return Guess(
            "unit_price", price.sql, f"{price.reason}; it is about the product's price", price.is_sure or listed.is_sure
        )
    reason = f"{price.reason}; it is {factor:.3g} times the product's price: cents, another currency, or not the price?"
    return Guess("unit_price", price.sql, reason, is_sure=False)
