"""What a page is made of: sections, each with a table, words on what it is, and where it helps a chart.

What belongs here: their shapes, tables as CSV, and how figures read. A table and its chart come from the same rows, and
so does the CSV: all three say the same.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from resources.spreadsheets import spreadsheet_safe

__all__ = ["Cell", "Link", "Page", "Section", "Table", "as_csv", "figure", "interval"]


class Link(NamedTuple):
    """Text that leads to another page of the console."""

    text: str
    href: str


Cell = str | int | float | bool | Link | None


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of as many cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers, and nothing else."""
        columns = ([row[place] for row in self.rows if row[place] is not None] for place in range(len(self.columns)))
        return [bool(cells) and all(map(_is_number, cells)) for cells in columns]


@dataclass(frozen=True, slots=True)
class Section:
    """One subject of a page."""

    name: str
    """Its anchor on the page, and the name of its files."""
    title: str
    about: str
    """What it is and how to read it, in words."""
    table: Table | None = None
    verdict: str = ""
    """What the figures say, if somebody has judged them."""
    chart: Callable[[], bytes] | None = None
    """Makes an SVG of the table."""


@dataclass(frozen=True, slots=True)
class Page:
    """Sections under an address, ``/console/<name>``."""

    name: str
    title: str
    sections: Sequence[Section]

    def find(self, name: str) -> Section | None:
        """The section of that name."""
        return next((section for section in self.sections if section.name == name), None)


def interval(figures: object) -> tuple[float | None, float | None, float | None]:
    """Estimate, lower and upper of a report's ``{"estimate", "lower", "upper"}``; nothing for what is none."""
    if not isinstance(figures, dict):
        return None, None, None
    return figures.get("estimate"), figures.get("lower"), figures.get("upper")


def figure(cell: Cell) -> str:
    """How a cell reads: about four digits of a number, a dash for nothing."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float) and cell == 0:
        return "0"
    if isinstance(cell, float):
        digits = 0 if abs(cell) >= 1_000 else 2 if abs(cell) >= 10 else 4
        return f"{cell:,.{digits}f}"
    return cell.text if isinstance(cell, Link) else cell


def as_csv(table: Table) -> bytes:
    """The table as CSV, figures as exact as they are; text that begins like a formula is marked."""
    plain = [[cell.text if isinstance(cell, Link) else cell for cell in row] for row in table.rows]
    columns = [
        pl.Series(name, [row[place] for row in plain], dtype=_kind([row[place] for row in plain]), strict=False)
        for place, name in enumerate(table.columns)
    ]
    return pl.DataFrame(columns).with_columns(spreadsheet_safe()).write_csv().encode()


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _kind(cells: Sequence[object]) -> type[pl.DataType]:
    """The narrowest type that holds all cells of a column."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds and kinds <= {bool}:
        return pl.Boolean
    if kinds and kinds <= {int}:
        return pl.Int64
    return pl.Float64 if kinds and kinds <= {int, float} else pl.String
