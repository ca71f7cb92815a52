"""Types of MySQL and MariaDB: how each column is selected, and how its text becomes what the contracts read.

What belongs here: one column. Numbers arrive as the server writes them; a ``SET`` is a list, a zero date is none, and a
date of which a part is zero is one out of range, so that it breaks a rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from resources.contracts import CONTRACTS
from resources.contracts.ids import odd_number

__all__ = ["Column", "frame_of"]

_DECIMAL, _FLOAT, _DOUBLE, _BIT = (0, 246), 4, 5, 16
_INTEGERS, _BIGINT = (1, 2, 3, 8, 9, 13), 8
_DATE, _MOMENTS = 10, (7, 10, 12)
_TEXTS = (15, 247, 248, 249, 250, 251, 252, 253, 254)
_NAMES = {
    1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 8: "bigint", 9: "mediumint", 11: "time",
    13: "year", 16: "bit", 246: "decimal", 255: "geometry",
}  # fmt: skip
_UNSIGNED, _SET = 32, 2048
"""Flags of a column."""
_BYTES = 63
"""Number of the character set of what is no text."""
_ODD = r"\.\d*[1-9]"
_ZERO_DATE = "0000-00-00"
_FAR = datetime(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a query's result, as the protocol describes it."""

    name: str
    kind: int
    flags: int
    charset: int

    @property
    def quoted(self) -> str:
        """Its name in SQL."""
        return f"`{self.name.replace('`', '``')}`"

    @property
    def type_name(self) -> str:
        """Its type in words of SQL."""
        return _NAMES.get(self.kind, "bytes" if self.is_bytes else "text")

    @property
    def is_bytes(self) -> bool:
        """Whether its values have no character set."""
        return self.kind == 255 or (self.kind in _TEXTS and self.charset == _BYTES)

    @property
    def is_text(self) -> bool:
        """Whether its values are text."""
        return self.kind in _TEXTS and not self.is_bytes

    @property
    def is_moment(self) -> bool:
        """Whether its values are dates or times of a day."""
        return self.kind in _MOMENTS

    @property
    def is_date(self) -> bool:
        """Whether its values are dates."""
        return self.kind == _DATE

    @property
    def selected(self) -> str:
        """The select item: bits as a number, and a float with all its digits."""
        if self.kind == _BIT:
            return f"CAST({self.quoted} AS UNSIGNED) AS {self.quoted}"
        return f"{self.quoted} + 0e0 AS {self.quoted}" if self.kind == _FLOAT else self.quoted

    def converted(self, declared: pl.DataType | None) -> list[pl.Expr]:
        """From its text to its type, with the column of numbers that are no id where ids are ``declared``."""
        column = pl.col(self.name)
        if self.kind in _DECIMAL and declared == pl.String():
            odd = pl.when(column.str.contains(_ODD)).then(column)
            return [column, odd.alias(odd_number(self.name))]
        if (number := self._number) is not None:
            return [column.cast(pl.Float64).cast(number) if number.is_float() else column.cast(number)]
        if self.is_moment:
            return [self._moment]
        if self.flags & _SET and isinstance(declared, pl.List):
            return [column.str.split(",")]
        return [column]

    @property
    def _number(self) -> pl.DataType | None:
        """The type of its values, if they are numbers."""
        if self.kind == _BIT or (self.kind == _BIGINT and self.flags & _UNSIGNED):
            return pl.UInt64()
        if self.kind in _INTEGERS:
            return pl.Int64()
        if self.kind == _FLOAT:
            return pl.Float32()
        return pl.Float64() if self.kind == _DOUBLE or self.kind in _DECIMAL else None

    @property
    def _moment(self) -> pl.Expr:
        """Dates, or times without a zone: null for a zero date, far out of range where a part of it is zero."""
        column = pl.col(self.name)
        if self.is_date:
            moment, far = column.str.to_date("%Y-%m-%d", strict=False), pl.lit(_FAR.date())
        else:
            moment = column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
            far = pl.lit(_FAR)
        is_partial = moment.is_null() & ~column.str.starts_with(_ZERO_DATE)
        return pl.when(is_partial).then(far).otherwise(moment).alias(self.name)


def frame_of(table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Rows of a canonical ``table`` as the driver gives them, text and bytes, in their types."""
    series = [
        pl.Series(column.name, values, dtype=pl.Binary if column.is_bytes else pl.String)
        for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    declared = CONTRACTS[table].columns
    return pl.DataFrame(series).select(one for column in columns for one in column.converted(declared.get(column.name)))
