"""Text that people open in a spreadsheet."""

import polars as pl

__all__ = ["spreadsheet_safe"]


def spreadsheet_safe() -> pl.Expr:
    """Every column of text, marked where it begins like a formula, which a spreadsheet would run (CSV injection)."""
    return pl.col(pl.String).str.replace(r"^([=+@\t\r-])", "'$1")
