"""Prices: of one piece or of a line, in whole units of the currency or in cents."""

from typing import Literal

from resources.proposal.fields import Choice
from resources.proposal.looking.catalogue import Column, Reader
from resources.proposal.looking.sql_text import as_number, column_sql
from resources.proposal.names import concepts
from resources.proposal.tables.guess import Guess

__all__ = ["Prices", "money", "price_guess"]

Prices = Literal["units", "cents", "unknown"]
"""What prices that are whole numbers are in, as the user has said."""


def money(column: Column, alias: str, reader: Reader, prices: Prices) -> tuple[str, str, bool]:
    """SQL of an amount, a note on it, and whether that is sure."""
    sql = as_number(column, column_sql(column, alias, reader.engine))
    if column.type == "money":
        sql = f"CAST({sql} AS numeric)"
    if "cents" in concepts(column.name):
        return f"{sql} / 100.0", "and cents", True
    if column.kind == "integer":
        if prices == "cents":
            return f"{sql} / 100.0", "a whole number, and you said that prices are in cents", True
        if prices == "units":
            return sql, "a whole number, and you said that prices are no cents", True
        return sql, "a whole number: write / 100.0 behind it if it is in cents", False
    return sql, "", True


def price_guess(canonical: str, chosen: Choice, alias: str, reader: Reader, prices: Prices) -> Guess:
    """A column of prices."""
    sql, note, is_sure = money(chosen.column, alias, reader, prices)
    reason = f"{chosen.column.name}: {chosen.reason}" + (f"; {note}" if note else "")
    if chosen.rivals:
        reason = f"{reason}; {', '.join(chosen.rivals)} as likely"
    return Guess(canonical, sql, reason, is_sure and not chosen.rivals)
